// What all three documents share: their common shapes, the list of checks, and the steps from the genesis to a leaf.

import { base64url, sha256hex, unhex, utf8 } from "./crypto.mjs";
import { fields, hexText, index, list, orNull, parseJson, refuseShape, text, writeJson } from "./json.mjs";
import { Fault, checkCheckpoint, ensure, included, readCheckpoint } from "./log.mjs";
import { digestOf, orFault, readRecord } from "./transaction.mjs";
import { followHandovers, readGenesis, validator } from "./trust.mjs";

// ---- Shapes that all three share (FORMAT.md, section 8)

// Texts that must be what they say before anything is made of them: a leaf's bytes, a checkpoint.
export const leafText = (v) => (base64url(text(v)) ? v : refuseShape("strict base64url"));
export const checkpointText = (v) => (readCheckpoint(text(v)) ? v : refuseShape("a checkpoint"));
export const path = (v) => list(v, hexText);
export const record = (v) => fields(v, { index, disclosure: text });
const validatorInOrder = (v) => validator(v) && fields(v, { member: text, vote: text, log: text, cosigner: text, peer: text });
export const handover = (v) => fields(v, {
  validators: (set) => list(set, validatorInOrder), leaf: text, index, path, checkpoint: text,
});
export const treeProof = (v) => fields(v, {
  leaf: (l) => orNull(l, (entry) => fields(entry, { key_hash: hexText, value_hash: hexText })), siblings: path,
});

// ---- Checks in order, the first that fails ends them

// The code of a check that cannot be made before the reader gives the genesis file.
const MISSING = null;

// A list of named checks, each "unreached" until run; `run` marks it and remembers the first fault.
export class Checks {
  constructor(names) {
    this.all = names.map((name) => ({ name, state: "unreached" }));
    this.code = 0;
  }

  async run(name, check) {
    const entry = this.all.find((one) => one.name === name);
    try {
      // A check may pass with a state of its own: "unconfirmed", "absent".
      const outcome = await check();
      entry.state = typeof outcome === "string" ? outcome : "passed";
    } catch (error) {
      entry.state = "failed";
      entry.why = error.message;
      entry.code = this.code = error instanceof Fault ? error.code : 9099;
      // Nothing is wrong with the file: the reader has still to give something.
      if (entry.code === MISSING) entry.state = "missing";
      throw error;
    }
  }
}

// ---- Documents that are JSON with a digest at their end

// Parses such a text: strict, with these fields, written as we write it, its digest right. 9001.
export async function readDocument(document, shapes) {
  const value = orFault(9001, () => parseJson(document));
  const read = orFault(9001, () => fields(value, { ...shapes, digest: hexText }));
  ensure(writeJson(value) === document, 9001, "not written as this ledger writes it");
  const end = document.lastIndexOf(',"digest":"');
  ensure(await sha256hex(utf8(`${document.slice(0, end)}}`)) === read.digest, 9001, "the digest is not that of the text");
  return read;
}

// ---- Steps that all three share

// The genesis that the reader gave, where the file brings none: no id can replace the keys in it.
export async function givenGenesis(checks, trust) {
  let genesis;
  await checks.run("ledger", async () => {
    ensure(trust.genesis !== null, MISSING, "the genesis file is needed");
    genesis = await readGenesis(trust.genesis);
    ensure(!trust.ledger || trust.ledger === genesis.id, 9002, "the genesis file given is of another ledger than the id given");
  });
  return genesis;
}

// Handovers and checkpoint: gives the sets passed through and who signed.
export async function signedCheckpoint(checks, genesis, handovers, signedText, extra) {
  const checkpoint = readCheckpoint(signedText);
  const out = { checkpoint };
  await checks.run("handovers", async () => {
    out.sets = await followHandovers(genesis, handovers, checkpoint.size);
  });
  await checks.run("checkpoint", async () => {
    out.signers = out.sets.at(-1).signers;
    Object.assign(out, await checkCheckpoint(checkpoint, out.signers, 9004));
    await extra?.(out.signers);
  });
  return out;
}

// The leaf at `index` under a checkpoint; 9005 where it is not there.
export async function leafUnder(checkpoint, { leaf, index: place, path: hashes }) {
  const bytes = base64url(leaf);
  ensure(await included(bytes, place, checkpoint.size, hashes.map(unhex), checkpoint.root), 9005, "the leaf is not in the log there");
  return bytes;
}

// A record shown, where its digest was signed at its index. 9008.
export async function openRecord(jwt, shown) {
  const digest = jwt.claims.records[shown.index];
  ensure(digest !== undefined && digest === await digestOf(shown.disclosure), 9008, "the record is not the one signed there");
  return { index: shown.index, id: `${jwt.id}:${shown.index}`, ...readRecord(shown.disclosure) };
}
