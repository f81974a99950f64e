// RFC 3161 time stamps: CMS SignedData (RFC 5652) over a TSTInfo, with the certificate of who signed (RFC 5280).

import { base64, fromUtf8, hex, sameBytes, sha256 } from "./crypto.mjs";
import { Fault, ensure } from "./log.mjs";

const OID = {
  signedData: "1.2.840.113549.1.7.2", tstInfo: "1.2.840.113549.1.9.16.1.4", contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4", extKeyUsage: "2.5.29.37", timeStamping: "1.3.6.1.5.5.7.3.8",
  commonName: "2.5.4.3", organisation: "2.5.4.10", country: "2.5.4.6", rsa: "1.2.840.113549.1.1.1", ec: "1.2.840.10045.2.1",
};
const HASHES = {
  "2.16.840.1.101.3.4.2.1": "SHA-256", "2.16.840.1.101.3.4.2.2": "SHA-384", "2.16.840.1.101.3.4.2.3": "SHA-512",
};
// Signature algorithms that name their hash; plain rsaEncryption takes the signer's digest algorithm.
const SIGNATURES = {
  "1.2.840.113549.1.1.11": "SHA-256", "1.2.840.113549.1.1.12": "SHA-384", "1.2.840.113549.1.1.13": "SHA-512",
  "1.2.840.10045.4.3.2": "SHA-256", "1.2.840.10045.4.3.3": "SHA-384", "1.2.840.10045.4.3.4": "SHA-512",
};
const CURVES = { "1.2.840.10045.3.1.7": ["P-256", 32], "1.3.132.0.34": ["P-384", 48], "1.3.132.0.35": ["P-521", 66] };

const refuse = (why) => { throw new Fault(9016, why); };

// ---- DER (X.690): definite lengths in their shortest form, nothing left over

const CONSTRUCTED = 0x20;

// Reads one value at `at`: `{tag, body, raw, end}`, and `items` where it holds others.
function readAt(bytes, at, depth) {
  ensure(at + 2 <= bytes.length && depth < 24, 9016, "the token's DER ends early");
  const tag = bytes[at];
  ensure((tag & 0x1f) !== 0x1f, 9016, "a DER tag of several bytes");
  let length = bytes[at + 1], start = at + 2;
  if (length >= 0x80) {
    const width = length & 0x7f;
    ensure(width >= 1 && width <= 4 && start + width <= bytes.length, 9016, "a DER length of indefinite form");
    length = bytes.subarray(start, start + width).reduce((n, byte) => n * 256 + byte, 0);
    ensure(bytes[start] !== 0 && length >= 0x80, 9016, "a DER length not in its shortest form");
    start += width;
  }
  const end = start + length;
  ensure(end <= bytes.length, 9016, "the token's DER ends early");
  const value = { tag, body: bytes.subarray(start, end), raw: bytes.subarray(at, end), end, items: [] };
  if (tag & CONSTRUCTED) {
    for (let next = start; next < end; next = value.items.at(-1).end) value.items.push(readAt(bytes.subarray(0, end), next, depth + 1));
  }
  return value;
}

function readDer(bytes) {
  const value = readAt(bytes, 0, 0);
  ensure(value.end === bytes.length, 9016, "something follows the token's DER");
  return value;
}

const SEQUENCE = 0x30, SET = 0x31, OCTETS = 0x04, INTEGER = 0x02, BITS = 0x03, OBJECT = 0x06;
const is = (value, tag, what) => (value?.tag === tag ? value : refuse(`${what} is missing in the token`));

function oid(value) {
  const { body } = is(value, OBJECT, "an object identifier");
  const arcs = [];
  let arc = 0n;
  for (const [i, byte] of body.entries()) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    ensure(!(byte === 0x80 && (i === 0 || body[i - 1] < 0x80)), 9016, "an object identifier not in its shortest form");
    if (byte < 0x80) { arcs.push(arc); arc = 0n; }
  }
  ensure(body.length > 0 && body.at(-1) < 0x80, 9016, "an object identifier ends early");
  const first = arcs[0] < 80n ? arcs[0] / 40n : 2n;
  return [first, arcs[0] - first * 40n, ...arcs.slice(1)].join(".");
}

const algorithm = (value) => oid(is(value, SEQUENCE, "an algorithm").items[0]);

// UTCTime and GeneralizedTime as Unix milliseconds.
function instant(value) {
  const text = fromUtf8(value.body) ?? "";
  const [, year, rest, fraction] = (value.tag === 0x17 ? /^(\d{2})(\d{10})Z()$/ : /^(\d{4})(\d{10})(?:\.(\d*[1-9]))?Z$/).exec(text) ?? [];
  if (!rest || ![0x17, 0x18].includes(value.tag)) refuse("a time is not written as DER wants");
  const full = value.tag === 0x18 ? year : `${Number(year) < 50 ? 20 : 19}${year}`;
  const [month, day, hour, minute, second] = rest.match(/../g);
  const ms = Date.parse(`${full}-${month}-${day}T${hour}:${minute}:${second}.${(fraction || "0").padEnd(3, "0").slice(0, 3)}Z`);
  return Number.isNaN(ms) ? refuse("a time is no time") : ms;
}

// ---- Certificates

function readCertificate(raw) {
  const outer = is(readDer(raw), SEQUENCE, "a certificate");
  const [tbs, signatureAlgorithm, signature] = outer.items;
  const parts = [...is(tbs, SEQUENCE, "a certificate's content").items];
  if (parts[0]?.tag === 0xa0) parts.shift();
  const [serial, , issuer, validity, subject, spki, ...others] = parts;
  is(serial, INTEGER, "a serial number");
  for (const part of [issuer, validity, subject, spki]) is(part, SEQUENCE, "a part of a certificate");
  ensure(validity.items.length === 2, 9016, "a certificate without validity");
  const bits = is(signature, BITS, "a certificate's signature").body;
  ensure(bits[0] === 0, 9016, "a signature that is not of whole bytes");
  return {
    raw, tbs: tbs.raw, serial: serial.body, issuer: issuer.raw, subject: subject.raw, name: nameOf(subject), spki,
    from: instant(validity.items[0]), until: instant(validity.items[1]), signature: bits.subarray(1),
    signatureAlgorithm: algorithm(signatureAlgorithm),
    extensions: (others.find((part) => part.tag === 0xa3)?.items[0]?.items ?? []).map(extension),
  };
}

function extension(value) {
  const { items } = is(value, SEQUENCE, "an extension");
  const critical = items.length === 3 && items[1].tag === 0x01 && items[1].body[0] === 0xff;
  return { id: oid(items[0]), critical, value: is(items.at(-1), OCTETS, "an extension's value").body };
}

// "common name, organisation, country", those that there are.
function nameOf(subject) {
  const parts = new Map(subject.items.flatMap((set) => set.items).map((pair) => [oid(pair.items[0]), pair.items[1]]));
  const wanted = [OID.commonName, OID.organisation, OID.country].map((id) => parts.get(id)).filter(Boolean);
  return wanted.map((value) => fromUtf8(value.body) ?? "").filter(Boolean).join(", ");
}

// ---- Signatures

async function signedBy(certificate, signatureAlgorithm, digestAlgorithm, signature, message) {
  const [keyAlgorithm, curve] = is(certificate.spki.items[0], SEQUENCE, "a key's algorithm").items;
  const kind = oid(keyAlgorithm);
  const hash = SIGNATURES[signatureAlgorithm] ?? (signatureAlgorithm === OID.rsa ? HASHES[digestAlgorithm] : undefined);
  ensure(hash, 9016, `the signature algorithm ${signatureAlgorithm} is not accepted`);
  const elliptic = signatureAlgorithm.startsWith("1.2.840.10045.");
  ensure(kind === (elliptic ? OID.ec : OID.rsa), 9016, "the key is not of the signature's algorithm");
  const [name, width] = elliptic ? CURVES[oid(curve)] ?? refuse("the curve is not accepted") : [];
  const key = elliptic ? { name: "ECDSA", namedCurve: name } : { name: "RSASSA-PKCS1-v1_5", hash };
  try {
    const imported = await crypto.subtle.importKey("spki", certificate.spki.raw, key, false, ["verify"]);
    ensure(elliptic || imported.algorithm.modulusLength >= 2048, 9016, "an RSA key below 2,048 bits");
    return await crypto.subtle.verify({ name: key.name, hash }, imported, elliptic ? twoIntegers(signature, width) : signature, message);
  } catch (error) {
    throw error instanceof Fault ? error : new Fault(9016, "the certificate's key cannot be used");
  }
}

// An ECDSA signature in DER as the two numbers side by side that WebCrypto takes.
function twoIntegers(signature, width) {
  const { items } = is(readDer(signature), SEQUENCE, "an ECDSA signature");
  const out = new Uint8Array(2 * width);
  for (const [i, item] of items.entries()) {
    const { body } = is(item, INTEGER, "a number of an ECDSA signature");
    const digits = body[0] === 0 && body.length > 1 ? body.subarray(1) : body;
    ensure(i < 2 && body[0] < 0x80 && digits.length <= width, 9016, "an ECDSA signature out of range");
    out.set(digits, (i + 1) * width - digits.length);
  }
  return out;
}

// ---- The token

// Checks a token over `imprint`. Gives who signed and when, and whether an anchor vouches for the certificate. 9016.
export async function checkToken(token, imprint, anchors) {
  const [type, content] = is(readDer(token), SEQUENCE, "the content").items;
  ensure(oid(type) === OID.signedData, 9016, "the token is not CMS SignedData");
  const parts = [...is(is(content, 0xa0, "the signed data").items[0], SEQUENCE, "the signed data").items];
  const [, , encapsulated] = parts;
  const certificates = (parts.find((part) => part.tag === 0xa0)?.items ?? []).filter((one) => one.tag === SEQUENCE);
  const signers = is(parts.at(-1), SET, "the signer").items;
  ensure(signers.length === 1, 9016, "a token has one signer");

  const [contentType, wrapped] = is(encapsulated, SEQUENCE, "the content").items;
  ensure(oid(contentType) === OID.tstInfo, 9016, "the content is no time stamp");
  const info = is(is(wrapped, 0xa0, "the time stamp").items[0], OCTETS, "the time stamp").body;
  const stamp = readTstInfo(info);
  ensure(sameBytes(stamp.imprint, imprint), 9016, "the token is of another text");

  const signer = readSigner(signers[0]);
  const certificate = certificates.map((one) => readCertificate(one.raw)).find(signer.isOf);
  ensure(certificate, 9016, "the signer's certificate is not in the token");
  const hash = HASHES[signer.digestAlgorithm] ?? refuse("the digest algorithm is not accepted");
  const digest = new Uint8Array(await crypto.subtle.digest(hash, info));
  ensure(signer.contentType === OID.tstInfo, 9016, "contentType is not that of a time stamp");
  ensure(sameBytes(signer.messageDigest, digest), 9016, "messageDigest is not that of the content");
  const good = await signedBy(certificate, signer.signatureAlgorithm, signer.digestAlgorithm, signer.signature, signer.signed);
  ensure(good, 9016, "the token's signature does not verify");
  const usage = certificate.extensions.filter((one) => one.id === OID.extKeyUsage);
  const purposes = usage.length === 1 && usage[0].critical ? readDer(usage[0].value).items.map(oid) : [];
  ensure(purposes.length === 1 && purposes[0] === OID.timeStamping, 9016, "the certificate is not for time stamps alone");

  const vouched = await vouchedFor(certificate, anchors, stamp.time);
  const fingerprint = hex(await sha256(certificate.raw));
  return { time: stamp.time, serial: stamp.serial, name: certificate.name, fingerprint, vouched };
}

function readTstInfo(bytes) {
  const [version, policy, imprint, serial, time] = is(readDer(bytes), SEQUENCE, "the time stamp").items;
  ensure(is(version, INTEGER, "the version").body.join() === "1", 9016, "a time stamp of another version");
  oid(policy);
  const [hash, digest] = is(imprint, SEQUENCE, "the imprint").items;
  ensure(HASHES[algorithm(hash)] === "SHA-256", 9016, "the imprint is not SHA-256");
  is(time, 0x18, "the time");
  return { imprint: is(digest, OCTETS, "the imprint").body, serial: hex(is(serial, INTEGER, "the serial number").body), time: instant(time) };
}

function readSigner(value) {
  const [, sid, digest, attributes, signatureAlgorithm, signature] = is(value, SEQUENCE, "the signer").items;
  is(attributes, 0xa0, "the signed attributes");
  const signed = attributes.raw.slice();
  // Signed as a SET, sent as [0] (RFC 5652, section 5.4).
  signed[0] = SET;
  const attribute = (id, what) => {
    const found = attributes.items.filter((one) => oid(is(one, SEQUENCE, what).items[0]) === id);
    ensure(found.length === 1 && found[0].items[1]?.items.length === 1, 9016, `${what} is missing in the token`);
    return found[0].items[1].items[0];
  };
  return {
    isOf: (certificate) => isOf(sid, certificate), digestAlgorithm: algorithm(digest), signed,
    signatureAlgorithm: algorithm(signatureAlgorithm), signature: is(signature, OCTETS, "the signature").body,
    contentType: oid(attribute(OID.contentType, "contentType")),
    messageDigest: is(attribute(OID.messageDigest, "messageDigest"), OCTETS, "messageDigest").body,
  };
}

// Whether a signer is named by this certificate's issuer and serial number, or by its key identifier.
function isOf(sid, certificate) {
  if (sid.tag === 0x80) {
    const id = certificate.extensions.find((one) => one.id === "2.5.29.14");
    return Boolean(id) && sameBytes(readDer(id.value).body, sid.body);
  }
  const [issuer, serial] = is(sid, SEQUENCE, "the signer's name").items;
  return sameBytes(issuer?.raw ?? [], certificate.issuer) && sameBytes(is(serial, INTEGER, "a serial number").body, certificate.serial);
}

// Whether an anchor is the certificate or issued it. Where anchors were given and none is, the token fails.
async function vouchedFor(certificate, anchors, time) {
  if (!anchors.length) return false;
  ensure(certificate.from <= time && time <= certificate.until, 9016, "the certificate was not valid at the token's time");
  for (const raw of anchors) {
    if (sameBytes(raw, certificate.raw)) return true;
    const anchor = readCertificate(raw);
    if (!sameBytes(anchor.subject, certificate.issuer)) continue;
    const issued = signedBy(anchor, certificate.signatureAlgorithm, "", certificate.signature, certificate.tbs);
    if (await issued.catch(() => false)) return true;
  }
  return refuse("no certificate that you gave vouches for the token's");
}

// A certificate as people have it, PEM or DER, as DER; null where it is none.
export function certificateFrom(bytes) {
  const pem = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(fromUtf8(bytes) ?? "");
  const der = pem ? base64(pem[1].replace(/\s/g, "")) : bytes;
  try {
    return der && readCertificate(der).raw;
  } catch {
    return null;
  }
}
