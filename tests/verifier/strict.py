"""Bytes in one spelling only: JSON, base64, hexadecimal, decimals (FORMAT.md, section 1). What is not is refused."""

import base64
import hashlib
import json
import re

CHECKS = {
    9001: "form",
    9002: "ledger",
    9003: "handover",
    9004: "checkpoint",
    9005: "inclusion",
    9006: "leaf",
    9007: "transaction",
    9008: "disclosure",
    9009: "state",
    9010: "unused part",
    9011: "policy",
    9012: "authority",
    9013: "listing",
    9014: "sealed field",
    9015: "subject",
    9016: "time",
    9017: "fork",
    9018: "block",
    9019: "execution",
}
MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 32


class Refused(Exception):
    """A check failed: its number (PROOFS.md) and one sentence why."""

    def __init__(self, code, why):
        super().__init__(f"{code} {CHECKS[code]}: {why}")
        self.code, self.why = code, why


def need(condition, code, why):
    """Refuses unless the condition holds."""
    if not condition:
        raise Refused(code, why)


def sha256(data):
    """SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def _object(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result


def _integer(text):
    if not re.fullmatch(r"0|-?[1-9][0-9]{0,15}", text) or abs(int(text)) > MAX_INTEGER:
        raise ValueError("a number beyond ±(2^53-1), or -0")
    return int(text)


def _no_number(text):
    raise ValueError(f"{text} is no integer")


def _depth(value):
    level, depth = [value], 0
    while level:
        held = [v for v in level if isinstance(v, (dict, list))]
        level = [x for v in held for x in (v.values() if isinstance(v, dict) else v)]
        depth += bool(held)
        if depth > MAX_DEPTH:
            return depth
    return depth


def read_json(raw, code=9001):
    """Strict JSON of UTF-8 bytes: no key twice, integers only, at most 32 levels, no half of a surrogate pair."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, (bytes, bytearray)) else raw
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_no_number, parse_constant=_no_number
        )
        write_json(value).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Refused(code, f"not strict JSON: {error}") from None
    need(_depth(value) <= MAX_DEPTH, code, "JSON nested deeper than 32 levels")
    return value


def write_json(value):
    """The one spelling that we write and hash. Python's escapes are those of FORMAT.md once nothing is forced to ASCII:
    quote, backslash, \\b \\f \\n \\r \\t and lower-case \\u00xx; U+007F, U+2028 and all else stand as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def fields(value, names, code=9001, what="object"):
    """An object with exactly these fields in this order."""
    need(
        isinstance(value, dict) and list(value) == names, code, f"{what}: needs the fields {', '.join(names)} in order"
    )
    return value


def integer(value, limit=MAX_INTEGER, code=9001, what="number"):
    """A count or place: 0 to limit."""
    need(type(value) is int and 0 <= value <= limit, code, f"{what}: no integer from 0 to {limit}")
    return value


def text(value, code=9001, what="text"):
    """A JSON string."""
    need(isinstance(value, str), code, f"{what}: not a text")
    return value


def items(value, code=9001, what="list"):
    """A JSON array."""
    need(isinstance(value, list), code, f"{what}: not a list")
    return value


def unhex(value, code=9001, what="hash"):
    """32 bytes of 64 lower-case hexadecimal digits."""
    need(isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value), code, f"{what}: not 64 hexadecimal digits")
    return bytes.fromhex(value)


def unbase64url(value, code=9001, what="base64url"):
    """base64url without padding, unused bits zero."""
    need(isinstance(value, str) and re.fullmatch("[A-Za-z0-9_-]*", value), code, f"{what}: not base64url")
    need(len(value) % 4 != 1, code, f"{what}: not base64url")
    raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    need(base64url(raw) == value, code, f"{what}: unused bits are not zero")
    return raw


def base64url(raw):
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def unbase64(value, code=9001, what="base64"):
    """base64 with padding, unused bits zero. Takes text or bytes, for bundles in pages are large."""
    try:
        raw = base64.b64decode(value, validate=True)
        again = base64.b64encode(raw)
    except ValueError:
        raise Refused(code, f"{what}: not base64") from None
    need(again == (value if isinstance(value, bytes) else value.encode()), code, f"{what}: not base64 in one spelling")
    return raw


def decimal(value, limit=2**64 - 1, code=9001, what="number"):
    """ASCII decimal without leading zeros."""
    need(re.fullmatch("0|[1-9][0-9]{0,19}", value) and int(value) <= limit, code, f"{what}: not a decimal")
    return int(value)
