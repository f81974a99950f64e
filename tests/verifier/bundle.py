"""Evidence bundles, bare or in their page: FORMAT.md, section 11, and PROOFS.md, "Evidence bundles"."""

import re

from chain import BlockLeaf, Genesis, TransactionLeaf, check_inclusion, follow, read_handovers, read_path
from checkpoint import Checkpoint, policy_text
from proofs import ascend, check_state, outcome, read_shown, read_state_entry, read_value, without
from strict import (
    Refused,
    fields,
    integer,
    items,
    need,
    read_json,
    sha256,
    text,
    unbase64,
    unbase64url,
    unhex,
    write_json,
)
from timestamp import verify_token
from transaction import Record, Transaction, check_sealed
import ed25519

MAX_BYTES = 64 * 1024 * 1024
OPENING, CLOSING = b"<!--sealane-bundle:", b"-->"
FORMAT = "sealane-bundle/1"
RECORD_ID = re.compile("([0-9a-f]{64}):(0|[1-9][0-9]{0,4})")
HEAD = [
    "format",
    "page",
    "subject",
    "genesis",
    "handovers",
    "checkpoint",
    "policy",
    "block",
    "state",
    "entries",
    "listings",
]


def out_of_page(raw):
    """(the bundle's text, SHA-256 of the page without it, or None for bare JSON)."""
    need(len(raw) <= MAX_BYTES, 9001, "more than 64 MiB")
    if raw[:1] == b"{":
        return raw, None
    start = raw.find(OPENING)
    need(start >= 0, 9001, "neither JSON nor a page with a bundle in it")
    start += len(OPENING)
    end = raw.find(CLOSING, start)
    need(end >= 0, 9001, "the bundle in the page has no end")
    return unbase64(raw[start:end], what="bundle in the page"), sha256(raw[:start] + raw[end:])


def record_id(value, code=9001):
    """(transaction id, index) of a record id."""
    found = RECORD_ID.fullmatch(text(value, code, "record id"))
    need(found and int(found[2]) <= 65535, code, "not a record id")
    return bytes.fromhex(found[1]), int(found[2])


class Entry:
    """The form of one entry; what it says is filled in by `check`."""

    def __init__(self, value):
        fields(value, ["leaf", "index", "path", "jwt", "records"], what="entry")
        self.bytes = unbase64url(value["leaf"], what="entry's leaf")
        self.index = integer(value["index"], what="entry's index")
        self.path = read_path(value["path"])
        self.jwt = None if value["jwt"] is None else text(value["jwt"], what="jwt")
        self.shown = read_shown(value["records"], ["index", "disclosure", "sealed"])
        need(ascend([number for number, _, _ in self.shown]), 9001, "records shown do not ascend")
        for _, _, sealed in self.shown:
            for s in items(sealed, what="sealed"):
                text(s, what="sealed field")
        self.records = {}

    def check(self, bundle):
        """Step 7: place, JWT, authority, signature, records, sealed fields."""
        check_inclusion(self.bytes, self.index, self.path, bundle.checkpoint)
        self.leaf = TransactionLeaf(self.bytes)
        if self.jwt is None:
            need(not self.shown, 9001, "a withheld entry shows records")
            return
        need(self.leaf.jwt_hash == sha256(self.jwt.encode()), 9006, "the leaf is of another JWT")
        tx = self.tx = Transaction(self.jwt, bundle.genesis.id)
        need(tx.id == self.leaf.id, 9006, "the leaf is of another transaction")
        tx.check_signature(record_key(bundle.state.get(f"member/{tx.issuer}"), tx.kid, self.leaf.height))
        for number, disclosure, _ in self.shown:
            tx.check_disclosure(number, disclosure)
            self.records[number] = Record(disclosure)
        self.opened = {n: check_sealed(self.records[n], sealed) for n, _, sealed in self.shown}


def record_key(member_text, kid, height):
    """The key that a member's state value holds for records at this height. 9012 where there is none."""
    need(member_text is not None, 9012, "the issuer's member entry is not proved")
    member = read_json(member_text.encode(), 9012)
    try:
        need(member["since"] <= height, 9012, "the issuer was no member yet")
        for key in member["keys"]:
            if key["kid"] == kid and ("record" in key["uses"] or "checker" in key["uses"]):
                valid = key["from"] <= height and (key.get("until") is None or height < key["until"])
                need(valid, 9012, "the key was not valid at this height")
                raw = unbase64url(key["x"], 9012, "the member's key")
                need(ed25519.is_key(raw), 9012, "the member's key is not an Ed25519 key")
                return raw
    except (KeyError, TypeError):
        raise Refused(9012, "the issuer's member entry is malformed") from None
    raise Refused(9012, "the issuer has no such key for records")


class Bundle:
    """The form of a bundle: step 1. `verify` does the rest."""

    def __init__(self, raw):
        raw, page = out_of_page(raw)
        data = read_json(raw)
        timed = isinstance(data, dict) and "time" in data
        fields(data, HEAD + (["time"] if timed else []) + ["digest"], what="bundle")
        need(data["format"] == FORMAT, 9001, "another format")
        need(unhex(data["page"], what="page") == page or page is None, 9001, "the page is another one")
        subject = fields(data["subject"], ["kind", "id"], what="subject")
        self.kind, self.id = subject["kind"], text(subject["id"], what="subject's id")
        need(self.kind in ("receivable", "object", "member"), 9001, "subject: of no kind that there is")
        self.genesis_text = text(data["genesis"], what="genesis")
        self.handovers = read_handovers(data["handovers"])
        self.checkpoint = Checkpoint(text(data["checkpoint"], what="checkpoint"), 9001)
        self.policy = text(data["policy"], what="policy")
        fields(data["block"], ["leaf", "index", "path"], what="block")
        self.block = unbase64url(data["block"]["leaf"], what="block's leaf")
        self.block_index = integer(data["block"]["index"], what="block's index")
        self.block_path = read_path(data["block"]["path"])
        self.proofs = []
        for row in items(data["state"], what="state"):
            fields(row, ["key", "value", "proof"], what="state entry")
            self.proofs.append((text(row["key"], what="key"), read_value(row["value"]), read_state_entry(row["proof"])))
        need(ascend([key.encode() for key, _, _ in self.proofs]), 9001, "state keys do not ascend")
        self.entries = [Entry(e) for e in items(data["entries"], what="entries")]
        need(ascend([e.index for e in self.entries]), 9001, "entries do not ascend")
        self.listings = []
        for row in items(data["listings"], what="listings"):
            fields(row, ["object", "records"], what="listing")
            code, records = text(row["object"], what="object"), items(row["records"], what="listing")
            self.listings.append((code, [record_id(r) for r in records]))
        need(ascend([code.encode() for code, _ in self.listings]), 9001, "listings do not ascend")
        self.token = unbase64(text(data["time"], what="time"), what="time") if timed else None
        digest = unhex(data["digest"], what="digest")
        written = write_json(data)
        need(written.encode() == raw, 9001, "not in the one spelling")
        need(sha256(without(written, "digest").encode()) == digest, 9001, "the digest is not this document's")
        self.imprint = sha256(without(written, "time").encode()) if timed else None

    def verify(self, ledger, anchor=None):
        """Steps 2 to 10 for the ledger id trusted; anchor is a TSA certificate in DER, or None."""
        need(sha256(self.genesis_text.encode()) == ledger, 9002, "the bundle is of another ledger")
        self.genesis = Genesis(self.genesis_text.encode())
        held = follow(self.genesis, self.handovers, self.checkpoint.size)
        self.times = self.checkpoint.verify(self.genesis, held, 9004)
        need(
            self.policy == policy_text(self.genesis.origin, held, self.genesis.witnesses),
            9011,
            "the policy is not the one of the validators",
        )
        need(self.block_index + 1 == self.checkpoint.size, 9005, "the block is not the checkpoint's last leaf")
        check_inclusion(self.block, self.block_index, self.block_path, self.checkpoint)
        self.last = BlockLeaf(self.block)
        self.state = {}
        for key, value, entry in self.proofs:
            check_state(key, value, entry, self.last.state_root)
            self.state[key] = value
        for entry in self.entries:
            entry.check(self)
        for code, records in self.listings:
            self.check_listing(code, records)
        self.check_subject()
        self.time = verify_token(self.token, self.imprint, anchor) if self.token is not None else None
        return self.facts()

    def check_listing(self, code, records):
        """Step 8 for one object."""
        places = {e.leaf.id: e for e in self.entries if e.leaf.accepted}
        need(all(tx in places for tx, _ in records), 9013, f"{code}: a record has no accepted entry")
        ascending = [(places[tx].index, n) for tx, n in records]
        need(all(a < b for a, b in zip(ascending, ascending[1:])), 9013, f"{code}: not in log order")
        need(f"obj/{code}" in self.state, 9013, f"{code}: its chain is not proved")
        head = bytes(32)
        for tx, n in records:
            head = sha256(head + tx + n.to_bytes(2, "big"))
        value = write_json({"count": len(records), "head": head.hex()}) if records else None
        need(self.state[f"obj/{code}"] == value, 9013, f"{code}: the records are not all of the object's, or others")
        listed = set(records)
        for e in places.values():
            for n, record in e.records.items():
                named = code in record.objects
                need(
                    named == ((e.leaf.id, n) in listed), 9013, f"{code}: a record shown names it, or is listed, wrongly"
                )

    def check_subject(self):
        """Step 9."""
        listed = [code for code, _ in self.listings]
        if self.kind == "object":
            need(self.id in listed, 9015, "the object is not listed")
        elif self.kind == "member":
            need(self.state.get(f"member/{self.id}") is not None, 9015, "the member is not proved")
        else:
            need(self.state.get(f"rcv/{self.id}") is not None, 9015, "the receivable is not proved")
            tx, n = record_id(self.id, 9015)
            shown = [e.records[n] for e in self.entries if e.leaf.id == tx and e.leaf.accepted and n in e.records]
            need(shown and shown[0].kind == "finance.receivable/1", 9015, "the receivable's record is not shown")
            need(f"rcv:{self.id}" in listed, 9015, "the receivable is not listed")

    def facts(self):
        """What was proved."""
        withheld = sum(e.jwt is None for e in self.entries)
        return {
            "kind": "bundle",
            "ledger": self.genesis.id.hex(),
            "subject": f"{self.kind} {self.id}",
            "height": self.last.height,
            "time": self.last.time,
            "state": {key: value for key, value, _ in self.proofs},
            "entries": len(self.entries),
            "withheld": withheld,
            "records": [
                f"{e.leaf.id.hex()}:{n} {r.kind} by {e.tx.issuer} at height {e.leaf.height}, {outcome(e.leaf)}"
                + "".join(f", {name} opened" for name, _ in e.opened[n])
                for e in self.entries
                for n, r in e.records.items()
            ],
            "listings": {code: len(records) for code, records in self.listings},
            "cosigned": [f"{member} {seconds}" for member, seconds in self.times],
            "timestamp": self.time,
        }


def verify_bundle(raw, ledger, anchor=None):
    """A bundle or its page, for the ledger id that is trusted."""
    return Bundle(raw).verify(ledger, anchor)
