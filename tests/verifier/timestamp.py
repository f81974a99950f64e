"""RFC 3161 time tokens: PROOFS.md, "Evidence bundles", step 10. Whatever fails is 9016."""

import base64
import re

from der import GENERALIZED_TIME, OCTETS, SEQUENCE, SET, UTC_TIME, read_one
from publickey import RSA, SIGNATURES, HASHES, PublicKey, algorithm_of, digest, no_parameters
from strict import Refused, need

SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SHA256 = "2.16.840.1.101.3.4.2.1"
SUBJECT_KEY, KEY_PURPOSES = "2.5.29.14", "2.5.29.37"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"


def read_time(node):
    """Seconds as text YYYYMMDDhhmmss in UTC, which compares like time; the fraction is cut."""
    body = node.body.decode("ascii", "replace")
    if node.tag == UTC_TIME:
        need(re.fullmatch("[0-9]{12}Z", body), 9016, "a malformed time")
        return ("19" if body >= "5" else "20") + body[:12]
    node.expect(GENERALIZED_TIME)
    need(re.fullmatch(r"[0-9]{14}(\.[0-9]*[1-9])?Z", body), 9016, "a malformed time")
    return body[:14]


def signed_hash(algorithm, parameters, expected=None):
    """(kind of key, hash) of a signature algorithm; one that names no hash takes the expected."""
    no_parameters(parameters)
    if algorithm == RSA and expected:
        return RSA, expected
    need(algorithm in SIGNATURES, 9016, f"another signature algorithm, {algorithm}")
    need(expected in (None, SIGNATURES[algorithm][1]), 9016, "two hashes for one signature")
    return SIGNATURES[algorithm]


class Certificate:
    """What is needed of an X.509 certificate (RFC 5280)."""

    def __init__(self, node):
        self.whole = node.whole
        outer = node.expect(SEQUENCE).reader()
        tbs_node, self.algorithm, self.signature = outer.take(SEQUENCE), algorithm_of(outer.take()), outer.take().bits()
        outer.end()
        self.signed = tbs_node.whole
        tbs = tbs_node.reader()
        need(read_one(tbs.take(0xA0).body).integer() == 2, 9016, "a certificate of another version")
        self.serial = tbs.take().integer()
        need(algorithm_of(tbs.take()) == self.algorithm, 9016, "a certificate with two algorithms")
        self.issuer = tbs.take(SEQUENCE).whole
        validity = tbs.take(SEQUENCE).reader()
        self.first, self.last = read_time(validity.take()), read_time(validity.take())
        subject = tbs.take(SEQUENCE)
        self.subject, self.name = subject.whole, name_of(subject)
        self.key_node = tbs.take()
        tbs.maybe(0x81), tbs.maybe(0x82)
        self.extensions = {}
        extensions = tbs.maybe(0xA3)
        tbs.end()
        for e in read_one(extensions.body).expect(SEQUENCE).children() if extensions else []:
            r = e.expect(SEQUENCE).reader()
            kind, critical = r.take().oid(), r.peek() == 1 and r.take().boolean()
            value = r.take(OCTETS).body
            r.end()
            need(kind not in self.extensions, 9016, "an extension stands twice")
            self.extensions[kind] = critical, value

    @property
    def key(self):
        """The public key; of a kind that we know, or refused."""
        return PublicKey(self.key_node)

    def stamps_time_only(self):
        """Extended key usage `timeStamping`, alone and critical."""
        critical, value = self.extensions.get(KEY_PURPOSES, (False, b""))
        return critical and [n.oid() for n in read_one(value).expect(SEQUENCE).children()] == [TIME_STAMPING]

    def key_identifier(self):
        """Its subject key identifier, or None."""
        found = self.extensions.get(SUBJECT_KEY)
        return read_one(found[1]).expect(OCTETS).body if found else None

    def issued_by(self, issuer):
        """Whether this certificate names that one as its issuer and was signed by it."""
        kind, hash_ = signed_hash(*self.algorithm)
        if self.issuer != issuer.subject or issuer.key.kind != kind:
            return False
        return issuer.key.verify(hash_, self.signed, self.signature)


def name_of(node):
    """The texts of a distinguished name."""
    parts = []
    for attribute in (a for s in node.children() for a in s.expect(SET).children()):
        r = attribute.expect(SEQUENCE).reader()
        r.take().oid()
        parts.append(r.take().body.decode("utf-8", "replace"))
        r.end()
    return ", ".join(parts)


def read_pem(raw):
    """The first certificate of a PEM file, in DER."""
    found = re.search(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----", raw)
    need(found, 9016, "the trust anchor is no PEM certificate")
    return base64.b64decode(found[1])


def read_info(raw):
    """(imprint, time) of a TSTInfo with a SHA-256 imprint."""
    r = read_one(raw).expect(SEQUENCE).reader()
    need(r.take().integer() == 1, 9016, "TSTInfo of another version")
    r.take().oid()
    imprint = r.take(SEQUENCE).reader()
    algorithm, parameters = algorithm_of(imprint.take())
    no_parameters(parameters)
    need(algorithm == SHA256, 9016, "the imprint is not SHA-256")
    hashed = imprint.take(OCTETS).body
    imprint.end()
    r.take().integer()
    time = read_time(r.take().expect(GENERALIZED_TIME))
    r.maybe(SEQUENCE)
    if r.peek() == 1:
        r.take().boolean()
    if r.peek() == 2:
        r.take().integer()
    r.maybe(0xA0), r.maybe(0xA1)
    r.end()
    return hashed, time


def read_attributes(node):
    """Signed attributes: {type: its one value}."""
    result = {}
    for attribute in node.children():
        r = attribute.expect(SEQUENCE).reader()
        kind, values = r.take().oid(), r.take(SET).children()
        r.end()
        need(kind not in result and len(values) == 1, 9016, "a signed attribute stands twice")
        result[kind] = values[0]
    return result


def verify_token(token, imprint, anchor=None):
    """The token's time and who says so. anchor: a certificate in DER that the verifier trusts, or None."""
    r = read_one(token).expect(SEQUENCE).reader()
    need(r.take().oid() == SIGNED_DATA, 9016, "not CMS SignedData")
    r, outer = read_one(r.take(0xA0).body).expect(SEQUENCE).reader(), r
    outer.end()
    need(r.take().integer() == 3, 9016, "SignedData of another version")
    r.take(SET)
    content = r.take(SEQUENCE).reader()
    need(content.take().oid() == TST_INFO, 9016, "no TSTInfo in it")
    info = read_one(content.take(0xA0).body).expect(OCTETS).body
    content.end()
    certificates = r.maybe(0xA0)
    r.maybe(0xA1)
    signers = r.take(SET).children()
    r.end()
    need(len(signers) == 1, 9016, "not one signer")
    hashed, time = read_info(info)
    need(hashed == imprint, 9016, "the token is of another document")

    s = signers[0].expect(SEQUENCE).reader()
    version, sid = s.take().integer(), s.take()
    hash_, parameters = algorithm_of(s.take())
    no_parameters(parameters)
    need(hash_ in HASHES, 9016, f"another hash, {hash_}")
    attributes = s.take(0xA0)
    algorithm = algorithm_of(s.take())
    signature = s.take(OCTETS).body
    s.maybe(0xA1)
    s.end()
    held = read_attributes(attributes)
    need(CONTENT_TYPE in held and held[CONTENT_TYPE].oid() == TST_INFO, 9016, "signed attribute contentType")
    need(MESSAGE_DIGEST in held, 9016, "signed attribute messageDigest is missing")
    need(held[MESSAGE_DIGEST].expect(OCTETS).body == digest(hash_, info), 9016, "messageDigest is of another TSTInfo")

    signer = find_signer([Certificate(n) for n in certificates.children()] if certificates else [], version, sid)
    need(signer.stamps_time_only(), 9016, "the certificate is not for time stamps alone")
    kind, hash_ = signed_hash(*algorithm, expected=hash_)
    need(kind == signer.key.kind, 9016, "the key is of another kind than the signature")
    message = bytes([SET]) + attributes.whole[1:]
    need(signer.key.verify(hash_, message, signature), 9016, "the token's signature is not valid")
    said = f"{time[:4]}-{time[4:6]}-{time[6:8]}T{time[8:10]}:{time[10:12]}:{time[12:]}Z by {signer.name}"
    if anchor is None:
        return said + "; nobody vouches for this certificate: name one with --tsa"
    trusted = Certificate(read_one(anchor))
    need(signer.whole == trusted.whole or signer.issued_by(trusted), 9016, "the certificate is not by the one trusted")
    need(signer.first <= time <= signer.last, 9016, "the certificate was not valid at the token's time")
    return said


def find_signer(certificates, version, sid):
    """The certificate of the token that the signer identifier names."""
    for c in certificates:
        if version == 1 and sid.tag == SEQUENCE:
            issuer, serial = (sid.children() + [None, None])[:2]
            if serial and issuer.whole == c.issuer and serial.integer() == c.serial:
                return c
        elif version == 3 and sid.tag == 0x80 and sid.body == c.key_identifier():
            return c
    raise Refused(9016, "the token brings no certificate of its signer")
