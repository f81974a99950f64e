// Receipts and state proofs (PROOFS.md, "Receipts", "State proofs").

import { base64, base64url, fromUtf8, hex, sameBytes, sha256, thumbprint, utf8, verifyEd25519 } from "./crypto.mjs";
import { fields, index, list, matching, orNull, parseJson, text, writeJson } from "./json.mjs";
import { blockLeaf, ensure, readCheckpoint, stateProves, transactionLeaf } from "./log.mjs";
import { checkpointText, givenGenesis, handover, leafText, leafUnder, openRecord, path, readDocument, record, signedCheckpoint, treeProof } from "./steps.mjs";
import { orFault, publicKey, readJwt } from "./transaction.mjs";

export const RECEIPT_CHECKS = ["form", "ledger", "handovers", "checkpoint", "inclusion", "leaf", "transaction", "disclosures"];
export const STATE_CHECKS = ["form", "ledger", "handovers", "checkpoint", "block", "value"];

const RECEIPT = /^c2sp\.org\/tlog-proof@v1\nextra ([A-Za-z0-9+/=]+)\nindex (0|[1-9][0-9]*)\n((?:[A-Za-z0-9+/]{43}=\n){0,64})\n(?!\n)/;

export async function checkReceipt(bytes, trust, checks) {
  let receipt;
  await checks.run("form", () => { receipt = readReceipt(fromUtf8(bytes) ?? ""); });
  const genesis = await givenGenesis(checks, trust);
  const signed = await signedCheckpoint(checks, genesis, receipt.handovers, receipt.checkpoint);
  let bytesOfLeaf, leaf, jwt;
  await checks.run("inclusion", async () => { bytesOfLeaf = await leafUnder(signed.checkpoint, receipt); });
  await checks.run("leaf", async () => {
    leaf = transactionLeaf(bytesOfLeaf);
    ensure(leaf, 9006, "the leaf is no transaction's");
    ensure(sameBytes(leaf.jwtHash, await sha256(utf8(receipt.jwt))), 9006, "the leaf speaks of another JWT");
  });
  await checks.run("transaction", async () => {
    jwt = await readJwt(receipt.jwt, genesis.id);
    ensure(jwt.id === leaf.id, 9006, "the leaf speaks of another transaction");
    ensure(await thumbprint(receipt.key) === jwt.kid, 9007, "the key is not the one that kid names");
    ensure(await verifyEd25519(base64url(receipt.key), jwt.signature, jwt.signed), 9007, "the signature does not verify");
  });
  const records = [];
  await checks.run("disclosures", async () => {
    for (const shown of receipt.records) records.push(await openRecord(jwt, shown));
  });
  return { genesis, ...signed, entry: { index: receipt.index, leaf, jwt, records }, key: receipt.key };
}

function readReceipt(file) {
  const parts = RECEIPT.exec(file);
  ensure(parts, 9001, "not a receipt");
  const extra = base64(parts[1]);
  const extraText = extra && fromUtf8(extra);
  ensure(extraText !== null, 9001, "the extra data is not base64 of UTF-8");
  const place = Number(parts[2]);
  ensure(Number.isSafeInteger(place), 9001, "the index is too large");
  const hashes = parts[3].split("\n").slice(0, -1).map((line) => base64(line));
  ensure(hashes.every(Boolean), 9001, "a hash is not strict base64");
  const value = orFault(9001, () => parseJson(extraText));
  const read = orFault(9001, () => fields(value, {
    leaf: leafText, jwt: text, key: publicKey, records: (v) => list(v, record), handovers: (v) => list(v, handover),
  }));
  ensure(writeJson(value) === extraText, 9001, "the extra data is not written as this ledger writes it");
  const checkpoint = file.slice(parts[0].length);
  ensure(readCheckpoint(checkpoint), 9001, "no checkpoint follows");
  const rising = read.records.every((one, i) => i === 0 || one.index > read.records[i - 1].index);
  ensure(rising, 9008, "the records do not ascend");
  return { ...read, index: place, path: hashes.map(hex), checkpoint };
}

// ---- State proofs

const STATE_PROOF = {
  format: (v) => matching(v, /^sealane-state-proof\/1$/, "sealane-state-proof/1"), key: text,
  value: (v) => orNull(v, text), proof: treeProof, leaf: leafText, index, path, checkpoint: checkpointText,
  handovers: (v) => list(v, handover),
};

export async function checkState(bytes, trust, checks) {
  let proof, leaf;
  await checks.run("form", async () => { proof = await readDocument(fromUtf8(bytes) ?? "", STATE_PROOF); });
  const genesis = await givenGenesis(checks, trust);
  const signed = await signedCheckpoint(checks, genesis, proof.handovers, proof.checkpoint);
  await checks.run("block", async () => {
    leaf = blockLeaf(await leafUnder(signed.checkpoint, proof));
    ensure(leaf, 9006, "the leaf is no block's");
  });
  await checks.run("value", async () => {
    ensure(await stateProves(proof.key, proof.value, proof.proof, leaf.stateRoot), 9009, "the state does not say so");
  });
  const state = new Map([[proof.key, proof.value]]);
  return { genesis, ...signed, block: leaf, state, newest: proof.index + 1 === signed.checkpoint.size };
}
