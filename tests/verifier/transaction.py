"""A member's transaction and its records: FORMAT.md, section 2."""

import re

import ed25519
from chain import MEMBER
from strict import MAX_INTEGER, Refused, base64url, need, read_json, sha256, unbase64url

MAX_BYTES = 262144
JTI = re.compile(r"[A-Za-z0-9._-]{1,64}")
KIND = re.compile(r"[a-z0-9./-]{1,48}")
OBJECT = re.compile("[!-~]{1,128}")
AT = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)"
    r"(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)


def digest_of(disclosure):
    """The digest that a JWT, or a record's `_sd`, names a disclosure by."""
    return base64url(sha256(disclosure.encode()))


def is_digest(value):
    """base64url of 32 bytes."""
    try:
        return len(unbase64url(value)) == 32
    except Refused:
        return False


class Transaction:
    """A JWT without disclosures, parsed strictly; the signature is another step. 9007, or 9002 for another ledger."""

    def __init__(self, jwt, ledger):
        need(len(jwt) <= MAX_BYTES and jwt.isascii() and jwt.count(".") == 2, 9007, "not a JWT")
        self.signed, _, signature = jwt.rpartition(".")
        header, _, payload = self.signed.partition(".")
        header = read_json(unbase64url(header, 9007, "JWT's header"), 9007)
        claims = read_json(unbase64url(payload, 9007, "JWT's payload"), 9007)
        self.signature = unbase64url(signature, 9007, "JWT's signature")
        self.id = sha256(self.signed.encode())
        need(len(self.signature) == 64, 9007, "signature: not 64 bytes")
        need(isinstance(header, dict) and set(header) == {"typ", "alg", "kid"}, 9007, "header: needs typ, alg, kid")
        need(header["typ"] == "sealane+sd-jwt", 9007, "header: another typ")
        need(header["alg"] in ("Ed25519", "EdDSA"), 9007, "header: another alg")
        need(is_digest(header["kid"]), 9007, "header: kid is no thumbprint")
        self.kid = header["kid"]
        names = {"iss", "aud", "jti", "iat", "submit_by", "records"}
        need(
            isinstance(claims, dict) and names <= set(claims) <= names | {"_sd_alg"}, 9007, "claims: one missing or odd"
        )
        need(claims.get("_sd_alg") in (None, "sha-256"), 9007, "claims: another _sd_alg")
        self.issuer, self.jti = claims["iss"], claims["jti"]
        need(isinstance(self.issuer, str) and MEMBER.fullmatch(self.issuer), 9007, "claims: iss is no member id")
        need(isinstance(self.jti, str) and JTI.fullmatch(self.jti), 9007, "claims: jti")
        need(isinstance(claims["aud"], str) and re.fullmatch("[0-9a-fA-F]{64}", claims["aud"]), 9007, "claims: aud")
        iat, by = claims["iat"], claims["submit_by"]
        need(all(type(t) is int and 0 <= t <= MAX_INTEGER for t in (iat, by)), 9007, "claims: times")
        need(claims["aud"] == ledger.hex(), 9002, "the transaction is for another ledger")
        need(iat <= by <= iat + 86400, 9007, "claims: submit_by")
        rows = claims["records"]
        need(isinstance(rows, list) and 1 <= len(rows) <= 256, 9007, "claims: 1 to 256 records")
        need(
            all(isinstance(r, dict) and list(r) == ["..."] and is_digest(r["..."]) for r in rows),
            9007,
            "claims: records",
        )
        self.digests = [r["..."] for r in rows]
        need(len(set(self.digests)) == len(rows), 9007, "claims: a record stands twice")

    def check_signature(self, key):
        """Refuses unless this key is the one named and signed."""
        jwk = '{"crv":"Ed25519","kty":"OKP","x":"' + base64url(key) + '"}'
        need(base64url(sha256(jwk.encode())) == self.kid, 9007, "the key is not the one that kid names")
        need(ed25519.verify(key, self.signed.encode(), self.signature), 9007, "the signature is not valid")

    def check_disclosure(self, index, disclosure):
        """Refuses unless the record of this index is what the disclosure shows."""
        need(index < len(self.digests), 9008, f"there is no record {index}")
        need(self.digests[index] == digest_of(disclosure), 9008, f"record {index} is not the one signed")


def read_disclosure(disclosure):
    """The value that a record's disclosure shows: any JSON beside a salt. 9008."""
    value = read_json(unbase64url(disclosure, 9008, "disclosure"), 9008)
    need(isinstance(value, list) and len(value) == 2 and isinstance(value[0], str), 9008, "not [salt, record]")
    return value[1]


class Record:
    """A record as its disclosure shows it. 9008 where it is none."""

    def __init__(self, disclosure):
        r = read_disclosure(disclosure)
        names = {"kind", "objects", "at", "body"}
        need(isinstance(r, dict) and names <= set(r) <= names | {"sealed_to"}, 9008, "record: a field missing or odd")
        self.kind, self.objects, self.at, self.body = r["kind"], r["objects"], r["at"], r["body"]
        need(isinstance(self.kind, str) and KIND.fullmatch(self.kind), 9008, "record: kind")
        need(isinstance(self.objects, list) and len(self.objects) <= 1024, 9008, "record: objects")
        need(all(isinstance(o, str) and OBJECT.fullmatch(o) for o in self.objects), 9008, "record: objects")
        need(len(set(self.objects)) == len(self.objects), 9008, "record: an object stands twice")
        need(isinstance(self.at, str) and 20 <= len(self.at) <= 35 and AT.fullmatch(self.at), 9008, "record: at")
        need(isinstance(self.body, dict), 9008, "record: body")
        self.sealed = [] if self.body.get("_sd") is None else self.body["_sd"]
        need(isinstance(self.sealed, list) and len(self.sealed) <= 64, 9008, "record: _sd")
        need(all(is_digest(d) for d in self.sealed), 9008, "record: _sd")


def check_sealed(record, texts):
    """The opened fields, [(name, value)]. 9014 unless each is a disclosure whose digest the record has, none twice."""
    opened = []
    for t in texts:
        value = read_json(unbase64url(t, 9014, "sealed field"), 9014)
        shaped = isinstance(value, list) and len(value) == 3 and all(isinstance(v, str) for v in value[:2])
        need(shaped, 9014, "a sealed field is not [salt, name, value]")
        need(digest_of(t) in record.sealed, 9014, f"the field {value[1]} is not one of the record's")
        opened.append((value[1], value[2]))
    need(len(set(texts)) == len(texts), 9014, "a sealed field stands twice")
    return opened
