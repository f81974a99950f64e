// Evidence bundles (FORMAT.md, section 11; PROOFS.md, "Evidence bundles").

import { base64, base64url, concat, hex, sameBytes, sha256, sha256hex, unhex, utf8, verifyEd25519 } from "./crypto.mjs";
import { ascends, fields, hexText, index, list, matching, orNull, parseJson, refuseShape, text } from "./json.mjs";
import { blockLeaf, ensure, policyText, stateProves, transactionLeaf } from "./log.mjs";
import { checkpointText, handover, leafText, leafUnder, openRecord, path, readDocument, signedCheckpoint, treeProof } from "./steps.mjs";
import { checkToken } from "./time.mjs";
import { digestOf, orFault, readJwt, readSealed } from "./transaction.mjs";
import { member, readGenesis } from "./trust.mjs";

export const BUNDLE_CHECKS = [
  "form", "ledger", "handovers", "checkpoint", "block", "state", "entries", "listings", "subject", "time",
];

const RECORD_ID = /^([0-9a-f]{64}):(0|[1-9][0-9]{0,4})$/;
const recordId = (v) => (Number(RECORD_ID.exec(text(v))?.[2] ?? Infinity) <= 65535 ? v : refuseShape("a record id"));

const SHAPES = {
  format: (v) => matching(v, /^sealane-bundle\/1$/, "sealane-bundle/1"), page: hexText,
  subject: (v) => fields(v, { kind: (k) => matching(k, /^(receivable|object|member)$/, "a subject"), id: text }),
  genesis: text, handovers: (v) => list(v, handover), checkpoint: checkpointText, policy: text,
  block: (v) => fields(v, { leaf: leafText, index, path }),
  state: (v) => list(v, (one) => fields(one, { key: text, value: (x) => orNull(x, text), proof: treeProof })),
  entries: (v) => list(v, (one) => fields(one, {
    leaf: leafText, index, path, jwt: (x) => orNull(x, text),
    records: (r) => list(r, (shown) => fields(shown, { index, disclosure: text, sealed: (s) => list(s, text) })),
  })),
  listings: (v) => list(v, (one) => fields(one, { object: text, records: (r) => list(r, recordId) })),
  "time?": (v) => (base64(text(v)) ? v : refuseShape("base64")),
};

const rising = (items, below) => items.every((item, i) => i === 0 || below(items[i - 1], item));

// Step 1, of the bundle's text.
export async function readBundle(document) {
  const bundle = await readDocument(document, SHAPES);
  const byIndex = (a, b) => a.index < b.index;
  ensure(rising(bundle.state, (a, b) => ascends(a.key, b.key)), 9001, "the state keys do not ascend");
  ensure(rising(bundle.entries, byIndex), 9001, "the entries do not ascend");
  ensure(rising(bundle.listings, (a, b) => ascends(a.object, b.object)), 9001, "the listings do not ascend");
  ensure(bundle.entries.every((entry) => rising(entry.records, byIndex)), 9001, "the records of an entry do not ascend");
  // What a token's imprint is over: the text without token and digest.
  const end = document.lastIndexOf(`,"${bundle.time === undefined ? "digest" : "time"}":"`);
  return { ...bundle, imprint: await sha256(utf8(`${document.slice(0, end)}}`)) };
}

// Steps 2 to 10.
export async function checkBundle(bundle, trust, checks) {
  let genesis, block, token = null;
  const state = new Map(bundle.state.map(({ key, value }) => [key, value]));
  await checks.run("ledger", async () => {
    const id = await sha256hex(utf8(bundle.genesis));
    const trusted = [trust.ledger, trust.genesis === null ? null : await sha256hex(utf8(trust.genesis))].filter(Boolean);
    ensure(trusted.every((one) => one === id), 9002, `the bundle is of ledger ${id}`);
    genesis = await readGenesis(bundle.genesis);
    return trusted.length ? "passed" : "unconfirmed";
  });
  const signed = await signedCheckpoint(checks, genesis, bundle.handovers, bundle.checkpoint, (signers) => {
    ensure(policyText(signers) === bundle.policy, 9011, "policy is not that of these validators");
  });
  const { checkpoint } = signed;
  await checks.run("block", async () => {
    const leaf = await leafUnder(checkpoint, bundle.block);
    ensure(bundle.block.index + 1 === checkpoint.size, 9005, "the block is not the last that the checkpoint covers");
    block = blockLeaf(leaf);
    ensure(block, 9006, "the leaf is no block's");
  });
  await checks.run("state", async () => {
    const proved = await Promise.all(bundle.state.map((one) => stateProves(one.key, one.value, one.proof, block.stateRoot)));
    const wrong = proved.indexOf(false);
    ensure(wrong < 0, 9009, `the state does not say so of ${bundle.state[wrong]?.key}`);
  });
  let entries;
  await checks.run("entries", async () => {
    // All at once, because most of the time is waiting; the fault named is that of the first entry.
    const outcomes = await Promise.allSettled(bundle.entries.map((entry) => readEntry(entry, checkpoint, state, genesis.id)));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    entries = outcomes.map((outcome) => outcome.value);
  });
  const listings = new Map(bundle.listings.map(({ object, records }) => [object, records]));
  await checks.run("listings", async () => {
    const byId = new Map(entries.map((entry) => [entry.leaf.id, entry]));
    for (const [object, records] of listings) await checkListing(object, records, byId, state);
    for (const entry of entries.filter((one) => one.leaf.accepted)) {
      for (const record of entry.records) {
        const missing = record.objects.find((object) => listings.has(object) && !listings.get(object).includes(record.id));
        ensure(missing === undefined, 9013, `a record shown names ${missing} and is not listed`);
      }
    }
  });
  await checks.run("subject", () => checkSubject(bundle.subject, state, entries, listings));
  await checks.run("time", async () => {
    if (bundle.time === undefined) return "absent";
    token = await checkToken(base64(bundle.time), bundle.imprint, trust.anchors);
    return token.vouched ? "passed" : "unconfirmed";
  });
  return { genesis, ...signed, block, state, entries, listings, subject: bundle.subject, token, page: bundle.page };
}

// Step 7, of one entry.
async function readEntry(entry, checkpoint, state, ledger) {
  const bytes = await leafUnder(checkpoint, entry);
  const leaf = transactionLeaf(bytes);
  ensure(leaf, 9006, "an entry's leaf is no transaction's");
  const out = { index: entry.index, leaf, withheld: entry.jwt === null, records: [] };
  if (out.withheld) {
    ensure(entry.records.length === 0, 9001, "a withheld entry shows records");
    return out;
  }
  ensure(sameBytes(leaf.jwtHash, await sha256(utf8(entry.jwt))), 9006, "the leaf speaks of another JWT");
  out.jwt = await readJwt(entry.jwt, ledger);
  ensure(out.jwt.id === leaf.id, 9006, "the leaf speaks of another transaction");
  out.key = signingKey(state, out.jwt, leaf.height);
  ensure(await verifyEd25519(base64url(out.key.x) ?? new Uint8Array(), out.jwt.signature, out.jwt.signed), 9007, "a signature does not verify");
  for (const shown of entry.records) {
    const record = await openRecord(out.jwt, shown);
    for (const disclosure of shown.sealed) {
      const digest = await digestOf(disclosure);
      ensure(record.sd.includes(digest), 9014, "a sealed field is not of its record");
      ensure(!record.opened.some((field) => field.digest === digest), 9014, "a sealed field stands twice");
      record.opened.push({ digest, ...readSealed(disclosure) });
    }
    out.records.push(record);
  }
  return out;
}

// The key that the ledger held valid for this transaction at its height. 9012.
function signingKey(state, jwt, height) {
  const value = state.get(`member/${jwt.claims.iss}`) ?? null;
  ensure(value !== null, 9012, `the state does not prove the member ${jwt.claims.iss}`);
  const issuer = orFault(9012, () => member(parseJson(value)));
  const key = issuer.keys.find((one) => one.kid === jwt.kid);
  ensure(key, 9012, "the member has no such key");
  ensure(key.uses.includes("record") || key.uses.includes("checker"), 9012, "the key may not sign records");
  ensure(key.from <= height && height < (key.until ?? Infinity), 9012, "the key was not valid at that height");
  ensure(issuer.since <= height, 9012, "the member had not been admitted");
  return key;
}

// Step 8, of one listing.
async function checkListing(object, records, byId, state) {
  ensure(state.has(`obj/${object}`), 9013, `the state does not say how many records ${object} has`);
  let head = new Uint8Array(32);
  let before = [-1, -1];
  for (const id of records) {
    const [, tx, number] = RECORD_ID.exec(id);
    const entry = byId.get(tx);
    const place = Number(number);
    ensure(entry, 9013, `no entry for the record ${id}`);
    ensure(entry.leaf.accepted, 9013, `the record ${id} was refused`);
    ensure(entry.index > before[0] || (entry.index === before[0] && place > before[1]), 9013, "the records are not in the log's order");
    before = [entry.index, place];
    const shown = entry.records.find((record) => record.id === id);
    ensure(!shown || shown.objects.includes(object), 9013, `the record ${id} does not name ${object}`);
    head = await sha256(concat(head, unhex(tx), [place >> 8, place & 255]));
  }
  const value = state.get(`obj/${object}`);
  const chain = records.length ? `{"count":${records.length},"head":"${hex(head)}"}` : null;
  ensure(value === chain, 9013, `the records of ${object} are not all that the ledger has`);
}

// Step 9.
function checkSubject({ kind, id }, state, entries, listings) {
  if (kind === "object") ensure(listings.has(id), 9015, "the object is not listed");
  if (kind === "member") ensure(typeof state.get(`member/${id}`) === "string", 9015, "the state does not prove the member");
  if (kind !== "receivable") return;
  ensure(typeof state.get(`rcv/${id}`) === "string", 9015, "the state does not prove the receivable");
  const entry = entries.find((one) => one.records.some((record) => record.id === id));
  const kindOfRecord = entry?.records.find((record) => record.id === id).kind;
  ensure(entry?.leaf.accepted && kindOfRecord === "finance.receivable/1", 9015, "the receivable's own record is not shown");
  ensure(listings.has(`rcv:${id}`), 9015, "the receivable's records are not listed");
}
