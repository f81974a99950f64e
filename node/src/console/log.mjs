// The log and the state as trees, and the C2SP files that sign them (FORMAT.md, sections 5 to 8).

import { base64, base64url, concat, hex, isKey, sameBytes, sha256, toBase64, unhex, utf8, verifyEd25519 } from "./crypto.mjs";

// What a check found. `code` is the stable number of PROOFS.md, `why` one sentence in English for the curious.
export class Fault extends Error {
  constructor(code, why) {
    super(why);
    this.code = code;
  }
}

export const ensure = (ok, code, why) => { if (!ok) throw new Fault(code, why); };

// ---- Leaves

const number = (bytes, at, width) => bytes.subarray(at, at + width).reduce((n, byte) => n * 256 + byte, 0);

// A transaction leaf of 83 bytes, or null.
export function transactionLeaf(bytes) {
  if (bytes.length !== 83 || bytes[0] !== 1 || bytes[1] !== 1 || bytes[78] > 1) return null;
  const leaf = {
    height: number(bytes, 2, 8), place: number(bytes, 10, 4), id: hex(bytes.subarray(14, 46)),
    jwtHash: bytes.subarray(46, 78), accepted: bytes[78] === 0, record: number(bytes, 79, 2), code: number(bytes, 81, 2),
  };
  return leaf.accepted && (leaf.record || leaf.code) ? null : leaf;
}

// A block leaf of 146 bytes, or null.
export function blockLeaf(bytes) {
  if (bytes.length !== 146 || bytes[0] !== 1 || bytes[1] !== 2) return null;
  const hash = (at) => hex(bytes.subarray(at, at + 32));
  return {
    height: number(bytes, 2, 8), time: number(bytes, 10, 8), previous: hash(18), stateRoot: hash(50),
    validators: hash(82), next: hash(114),
  };
}

// ---- Trees

const node = (left, right) => sha256(concat([1], left, right));

// RFC 9162, section 2.1.3.2: whether a leaf stands at `index` of the tree of `size` leaves with this root.
export async function included(leaf, index, size, path, root) {
  if (index >= size) return false;
  let hash = await sha256(concat([0], leaf));
  let fn = index, sn = size - 1;
  for (const sibling of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = await node(sibling, hash);
      while (fn % 2 === 0 && fn !== 0) { fn /= 2; sn = Math.floor(sn / 2); }
    } else {
      hash = await node(hash, sibling);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && sameBytes(hash, root);
}

const PLACEHOLDER = utf8("SPARSE_MERKLE_PLACEHOLDER_HASH__");

// Whether a proof shows that the state of this root gives `key` this value, or none where `value` is null.
export async function stateProves(key, value, proof, stateRoot) {
  const keyHash = await sha256(utf8(key));
  const siblings = proof.siblings.map(unhex);
  const bit = (bytes, i) => (bytes[i >> 3] >> (7 - (i & 7))) & 1;
  if (siblings.length > 256) return false;
  let hash = PLACEHOLDER;
  if (proof.leaf) {
    const [leafKey, leafValue] = [unhex(proof.leaf.key_hash), unhex(proof.leaf.value_hash)];
    for (let i = 0; i < siblings.length; i++) if (bit(leafKey, i) !== bit(keyHash, i)) return false;
    if ((value !== null) !== sameBytes(leafKey, keyHash)) return false;
    if (value !== null && !sameBytes(leafValue, await sha256(utf8(value)))) return false;
    hash = await sha256(concat(utf8("JMT::LeafNode"), leafKey, leafValue));
  } else if (value !== null) {
    return false;
  }
  for (const [i, sibling] of siblings.entries()) {
    const [left, right] = bit(keyHash, siblings.length - 1 - i) ? [sibling, hash] : [hash, sibling];
    hash = await sha256(concat(utf8("JMT::IntrnalNode"), left, right));
  }
  return hex(hash) === stateRoot;
}

// ---- Checkpoints

// A C2SP signed note whose text is origin, size and root. Names have no space and no plus.
const NOTE = /^([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/=]{44})\n\n((?:— [^\p{White_Space}+]+ [A-Za-z0-9+/=]+\n)+)$/u;
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

// Reads a checkpoint of three lines and its signatures; null where it is none.
export function readCheckpoint(text) {
  const parts = CONTROL.test(text) ? null : NOTE.exec(text);
  const root = parts && base64(parts[3]);
  if (!parts || root?.length !== 32 || !Number.isSafeInteger(Number(parts[2]))) return null;
  const lines = parts[4].trimEnd().split("\n").map((line) => line.split(" "));
  const signatures = lines.map(([, name, blob]) => ({ name, blob: base64(blob) }));
  if (signatures.some(({ blob }) => blob === null || blob.length < 5)) return null;
  return { text, origin: parts[1], size: Number(parts[2]), root, body: utf8(text.slice(0, text.indexOf("\n\n") + 1)), signatures };
}

const LOG = 1, COSIGNER = 4;

// A C2SP key: who uses it, under which name, and the verifier key that a policy writes.
async function c2spKey(member, name, type, bytes) {
  const id = (await sha256(concat(utf8(name), [0x0a, type], bytes))).subarray(0, 4);
  return { member, name, type, bytes, id, verifier: `${name}+${hex(id)}+${toBase64(concat([type], bytes))}` };
}

// Reads a witness's verifier key; null where it is none.
export async function readVerifier(member, verifier) {
  const [, name, encoded] = /^([^+\s]+)\+[0-9a-f]{8}\+([A-Za-z0-9+/=]+)$/.exec(verifier) ?? [];
  const bytes = encoded && base64(encoded);
  if (bytes?.length !== 33 || bytes[0] !== COSIGNER || !isKey(bytes.subarray(1))) return null;
  const key = await c2spKey(member, name, COSIGNER, bytes.subarray(1));
  return key.verifier === verifier ? key : null;
}

// Who must sign a checkpoint: one of the log keys, a quorum of the cosigners, `needed` of the genesis's witnesses.
export async function signersOf(origin, validators, { keys: witnesses, needed }) {
  const key = (v, name, type, x) => c2spKey(v.member, name, type, base64url(x));
  const logs = await Promise.all(validators.map((v) => key(v, origin, LOG, v.log)));
  const cosigners = await Promise.all(validators.map((v) => key(v, `${origin}/${v.member}`, COSIGNER, v.cosigner)));
  return { origin, logs, cosigners, witnesses, needed, quorum: Math.floor((validators.length * 2) / 3) + 1 };
}

// The c2sp.org/tlog-policy text of those signers.
export function policyText({ logs, cosigners, witnesses, quorum, needed }) {
  const names = (keys) => keys.map((key) => key.member).join(" ");
  const groups = [`group validators ${quorum} ${names(cosigners)}`, "quorum validators", ""];
  if (witnesses.length) {
    groups.splice(1, 1, `group witnesses ${needed} ${names(witnesses)}`, "group consortium all validators witnesses", "quorum consortium");
  }
  const lines = [...cosigners, ...witnesses].map((cosigner) => `witness ${cosigner.member} ${cosigner.verifier}`);
  return [...logs.map((log) => `log ${log.verifier}`), ...lines, ...groups].join("\n");
}

// Checks a checkpoint as our own files are checked: every line by a signer, none twice, all valid, and enough of each
// kind. Gives those who cosigned, with their times.
export async function checkCheckpoint(checkpoint, signers, code) {
  ensure(checkpoint.origin === signers.origin, code, "the checkpoint is of another origin");
  const all = [...signers.logs, ...signers.cosigners, ...signers.witnesses];
  const seen = new Set();
  const lines = await Promise.all(checkpoint.signatures.map(async ({ name, blob }) => {
    for (const signer of all.filter((s) => s.name === name && sameBytes(s.id, blob.subarray(0, 4)))) {
      if (blob.length !== (signer.type === COSIGNER ? 76 : 68)) continue;
      const time = signer.type === COSIGNER ? BigInt(`0x${hex(blob.subarray(4, 12))}`) : null;
      const signed = time === null ? checkpoint.body : concat(utf8(`cosignature/v1\ntime ${time}\n`), checkpoint.body);
      const signature = blob.subarray(time === null ? 4 : 12);
      if (await verifyEd25519(signer.bytes, signature, signed)) return { signer, time: time === null ? null : Number(time) };
    }
    return null;
  }));
  for (const line of lines) {
    ensure(line, code, "a signature line is not by a key of these validators, or does not verify");
    ensure(!seen.has(line.signer), code, "a key signed twice");
    seen.add(line.signer);
  }
  const by = (keys) => lines.filter((line) => keys.includes(line.signer)).map(({ signer, time }) => ({ member: signer.member, name: signer.name, time }));
  const [cosigned, witnessed] = [by(signers.cosigners), by(signers.witnesses)];
  ensure(by(signers.logs).length, code, "no log key signed");
  ensure(cosigned.length >= signers.quorum, code, `${cosigned.length} cosigned; ${signers.quorum} are needed`);
  ensure(witnessed.length >= signers.needed, code, `${witnessed.length} witnesses cosigned; ${signers.needed} are needed`);
  return { cosigned, witnessed };
}
