// Bytes, SHA-256 and Ed25519. The mathematics is the browser's (WebCrypto); what it leaves open is decided here.

const encoder = new TextEncoder();
export const utf8 = (text) => encoder.encode(text);

// Strict UTF-8 with nothing taken away; null where the bytes are something else.
export function fromUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const sameBytes = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
export const hex = (bytes) => Array.from(bytes, (byte) => HEX[byte]).join("");
export const unhex = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

// Base64 in one spelling only: with padding (RFC 4648, section 4), unused bits zero. null for anything else.
export function base64(text) {
  const body = text.replace(/={1,2}$/, "");
  if (text.length % 4 !== 0 || text.length - body.length !== (4 - (body.length % 4)) % 4) return null;
  return decode(body, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", /^[A-Za-z0-9+/]*$/);
}

// base64url without padding (section 5), as strict.
export function base64url(text) {
  return decode(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", /^[A-Za-z0-9_-]*$/);
}

function decode(body, alphabet, form) {
  const rest = body.length % 4;
  if (rest === 1 || !form.test(body)) return null;
  if (rest && alphabet.indexOf(body.at(-1)) & (rest === 2 ? 15 : 3)) return null;
  const binary = atob(body.replaceAll("-", "+").replaceAll("_", "/"));
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < out.length; i++) out[i] = binary.charCodeAt(i);
  return out;
}

export const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
export const toBase64url = (bytes) => toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
export const sha256hex = async (bytes) => hex(await sha256(bytes));

// ---- Ed25519, one rule everywhere (FORMAT.md, section 1).

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
// y of the eight points of small order: 0, ±1 and, of order eight, the roots of d·y⁴ + 2y² = 1.
const Y8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;
const SMALL = new Set([0n, 1n, P - 1n, Y8, P - Y8]);

const littleEndian = (bytes) => BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);
const yOf = (bytes) => BigInt.asUintN(255, littleEndian(bytes));

function power(base, exponent) {
  let out = 1n;
  for (const bit of exponent.toString(2)) {
    out = (out * out) % P;
    if (bit === "1") out = (out * base) % P;
  }
  return out;
}

const keys = new Map();

// Whether 32 bytes are a key: a canonical encoding of a point of the curve that is not of small order.
export function isKey(bytes) {
  const name = hex(bytes);
  if (!keys.has(name)) keys.set(name, { good: bytes.length === 32 && isPoint(yOf(bytes)), imported: null });
  return keys.get(name).good;
}

function isPoint(y) {
  if (y >= P || SMALL.has(y)) return false;
  // x² = (y² − 1) / (d·y² + 1) must be a square; a quotient is one where the product is.
  const yy = (y * y) % P;
  return power(((yy - 1n) * (D * yy + 1n)) % P, (P - 1n) / 2n) === 1n;
}

// Whether `signature` (64 bytes) is the key's over `message`: S below the group order, A and R not of small order.
// The browser recomputes R and compares its bytes, so R is canonical wherever it says yes.
export async function verifyEd25519(key, signature, message) {
  if (signature.length !== 64 || !isKey(key)) return false;
  if (littleEndian(signature.subarray(32)) >= ORDER || SMALL.has(yOf(signature.subarray(0, 32)) % P)) return false;
  const known = keys.get(hex(key));
  known.imported ??= crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, await known.imported, signature, message);
}

// The RFC 7638 thumbprint of a key in base64url (RFC 8037).
export async function thumbprint(x) {
  return toBase64url(await sha256(utf8(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`)));
}

// Whether this browser can verify at all; a page served without TLS has no WebCrypto, an old browser no Ed25519.
export async function canVerify() {
  try {
    const key = Uint8Array.from([0x58, ...Array(31).fill(0x66)]);
    await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}
