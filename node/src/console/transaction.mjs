// What members signed: transactions, the records in them, and sealed fields (FORMAT.md, section 2).

import { base64url, fromUtf8, isKey, sha256, sha256hex, toBase64url, utf8 } from "./crypto.mjs";
import { JsonError, fieldsInAnyOrder, hexText, index, list, matching, parseJson, text } from "./json.mjs";
import { Fault, ensure } from "./log.mjs";

// Runs what may refuse a text, and turns the refusal into a fault of this code.
export function orFault(code, read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof JsonError ? new Fault(code, error.message) : error;
  }
}

const decodedJson = (encoded) => {
  const bytes = base64url(encoded);
  const decoded = bytes && fromUtf8(bytes);
  if (decoded === null) throw new JsonError("not strict base64url of UTF-8");
  return parseJson(decoded);
};

export const memberId = (v) => matching(v, /^[A-Za-z0-9-]{1,32}$/, "a member id");
export const kid = (v) => matching(v, /^[A-Za-z0-9_-]{43}$/, "a key id");
export const publicKey = (v) => {
  const bytes = base64url(text(v));
  if (!bytes || !isKey(bytes)) throw new JsonError("expected an Ed25519 public key");
  return v;
};

// Reads a JWT without its disclosures; 9007, or 9002 where it is meant for another ledger.
export async function readJwt(jwt, ledger) {
  ensure(jwt.length <= 262144, 9007, "the transaction is too long");
  const parts = jwt.split(".");
  ensure(parts.length === 3, 9007, "a JWT has three parts");
  const header = orFault(9007, () => fieldsInAnyOrder(decodedJson(parts[0]), { typ: text, alg: text, kid }));
  ensure(header.typ === "sealane+sd-jwt", 9007, "typ is not sealane+sd-jwt");
  ensure(header.alg === "Ed25519" || header.alg === "EdDSA", 9007, "the algorithm is not Ed25519");
  const digest = (v) => fieldsInAnyOrder(v, { "...": text })["..."];
  const claims = orFault(9007, () => fieldsInAnyOrder(decodedJson(parts[1]), {
    iss: memberId, aud: hexText, jti: (v) => matching(v, /^[A-Za-z0-9._-]{1,64}$/, "a jti"), iat: index,
    submit_by: index, records: (v) => list(v, digest), "_sd_alg?": text,
  }));
  ensure(claims.aud === ledger, 9002, "aud names another ledger");
  ensure((claims._sd_alg ?? "sha-256") === "sha-256", 9007, "_sd_alg is not sha-256");
  const life = claims.submit_by - claims.iat;
  ensure(life >= 0 && life <= 86400, 9007, "submit_by is not within a day of iat");
  const { records } = claims;
  ensure(records.length >= 1 && records.length <= 256, 9007, "a transaction has 1 to 256 records");
  ensure(new Set(records).size === records.length, 9007, "a digest stands twice");
  const signature = base64url(parts[2]);
  ensure(signature?.length === 64, 9007, "the signature has not 64 bytes");
  const signed = utf8(`${parts[0]}.${parts[1]}`);
  return { kid: header.kid, claims, signature, signed, id: await sha256hex(signed), hash: await sha256(utf8(jwt)) };
}

export const digestOf = async (disclosure) => toBase64url(await sha256(utf8(disclosure)));

const CODE = /^[\x21-\x7e]{1,128}$/;

// Reads the disclosure of a record whose digest was signed.
export function readRecord(disclosure) {
  return orFault(9008, () => {
    const parts = list(decodedJson(disclosure), (v) => v);
    if (parts.length !== 2) throw new JsonError("expected [salt, record]");
    text(parts[0]);
    const record = fieldsInAnyOrder(parts[1], {
      kind: (v) => matching(v, /^[a-z0-9.\-/]{1,48}$/, "a kind"), objects: (v) => list(v, (o) => matching(o, CODE, "a code")),
      at: text, "sealed_to?": (v) => list(v, memberId), body: (v) => v,
    });
    if (!(record.body instanceof Map)) throw new JsonError("expected an object as body");
    const clear = new Map([...record.body].filter(([name]) => name !== "_sd"));
    return { ...record, body: clear, sd: list(record.body.get("_sd") ?? [], text), opened: [] };
  });
}

// Reads a sealed field, `[salt, name, value]`.
export function readSealed(disclosure) {
  return orFault(9014, () => {
    const parts = list(decodedJson(disclosure), (v) => v);
    if (parts.length !== 3) throw new JsonError("expected [salt, name, value]");
    return { name: text(parts[1]), salt: text(parts[0]), value: parts[2] };
  });
}
