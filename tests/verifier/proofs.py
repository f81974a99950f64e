"""Receipts and state proofs: PROOFS.md. Every function gives what was proved, as text for people and programs."""

from chain import BlockLeaf, TransactionLeaf, check_inclusion, follow, read_handovers, read_key, read_path
from checkpoint import Checkpoint
from merkle import state_root
from strict import (
    decimal,
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
from transaction import Transaction, read_disclosure

STATE_FORMAT = "sealane-state-proof/1"
RECEIPT_FIRST_LINE = "c2sp.org/tlog-proof@v1"


def outcome(leaf):
    """What became of a transaction, in words."""
    return "accepted" if leaf.accepted else f"refused at record {leaf.record} with code {leaf.refusal}"


def as_text(raw):
    """UTF-8 without a mark at its beginning."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        need(False, 9001, "not UTF-8")


def read_tlog_proof(raw):
    """A C2SP tlog-proof with extra data: (extra, index, path, checkpoint)."""
    head, gap, note = as_text(raw).partition("\n\n")
    lines = head.split("\n")
    need(gap and len(lines) >= 3 and lines[0] == RECEIPT_FIRST_LINE, 9001, "not a tlog-proof with extra data")
    need(lines[1].startswith("extra ") and lines[2].startswith("index "), 9001, "needs an extra and an index line")
    path = [unbase64(line, what="path") for line in lines[3:]]
    need(all(len(h) == 32 for h in path), 9001, "path: not 32 bytes")
    return unbase64(lines[1][6:], what="extra"), decimal(lines[2][6:], what="index"), path, Checkpoint(note, 9001)


def read_shown(value, names):
    """Records shown, [(index, disclosure, sealed)]."""
    rows = []
    for r in items(value, what="records"):
        fields(r, names, what="record shown")
        index = integer(r["index"], 65535, what="record's index")
        rows.append((index, text(r["disclosure"], what="disclosure"), r.get("sealed", [])))
    return rows


def ascend(keys):
    """Whether the keys ascend strictly."""
    return all(a < b for a, b in zip(keys, keys[1:]))


def verify_receipt(raw, genesis):
    """A receipt under a genesis that is trusted: steps 1 to 7."""
    extra, index, path, checkpoint = read_tlog_proof(raw)
    data = fields(read_json(extra), ["leaf", "jwt", "key", "records", "handovers"], what="extra data")
    leaf_bytes, jwt = unbase64url(data["leaf"], what="leaf"), text(data["jwt"], what="jwt")
    key, shown = read_key(data["key"], 9001, "key"), read_shown(data["records"], ["index", "disclosure"])
    handovers = read_handovers(data["handovers"])
    need(write_json(data).encode() == extra, 9001, "extra data is not in the one spelling")
    times = checkpoint.verify(genesis, follow(genesis, handovers, checkpoint.size), 9004)
    check_inclusion(leaf_bytes, index, path, checkpoint)
    leaf = TransactionLeaf(leaf_bytes)
    need(leaf.jwt_hash == sha256(jwt.encode()), 9006, "the leaf is of another JWT")
    tx = Transaction(jwt, genesis.id)
    need(tx.id == leaf.id, 9006, "the leaf is of another transaction")
    tx.check_signature(key)
    need(ascend([number for number, _, _ in shown]), 9008, "records shown do not ascend")
    for number, disclosure, _ in shown:
        tx.check_disclosure(number, disclosure)
    values = [(number, read_disclosure(disclosure)) for number, disclosure, _ in shown]
    return {
        "kind": "receipt",
        "ledger": genesis.id.hex(),
        "transaction": tx.id.hex(),
        "issuer": tx.issuer,
        "key": tx.kid,
        "height": leaf.height,
        "outcome": outcome(leaf),
        "records": [f"{n} {write_json(value)}" for n, value in values],
        "recordsSigned": len(tx.digests),
        "cosigned": [f"{member} {seconds}" for member, seconds in times],
    }


def read_state_entry(proof):
    """A proof of the state tree: (leaf or None, siblings)."""
    fields(proof, ["leaf", "siblings"], what="proof")
    leaf = proof["leaf"]
    if leaf is not None:
        fields(leaf, ["key_hash", "value_hash"], what="proof's leaf")
        leaf = unhex(leaf["key_hash"]), unhex(leaf["value_hash"])
    siblings = [unhex(s, what="sibling") for s in items(proof["siblings"], what="siblings")]
    return leaf, siblings


def read_value(value):
    """A state value: the JSON's text, or None where there is none."""
    return None if value is None else text(value, what="value")


def check_state(key, value, entry, root):
    """Refuses (9009) unless the state under this root holds this value, or none."""
    value_hash = None if value is None else sha256(value.encode())
    found = state_root(sha256(key.encode()), value_hash, *entry)
    need(found == root, 9009, f"the state does not hold this of {key}")


def without(text_of_all, name):
    """The document's text up to the comma before its last field of this name, then `}`."""
    return text_of_all[: text_of_all.rindex(f',"{name}":')] + "}"


def verify_state_proof(raw, genesis):
    """A state proof under a genesis that is trusted."""
    names = ["format", "key", "value", "proof", "leaf", "index", "path", "checkpoint", "handovers", "digest"]
    data = fields(read_json(raw), names, what="state proof")
    need(data["format"] == STATE_FORMAT, 9001, "another format")
    key, value, entry = text(data["key"], what="key"), read_value(data["value"]), read_state_entry(data["proof"])
    leaf_bytes, index = unbase64url(data["leaf"], what="leaf"), integer(data["index"], what="index")
    path, handovers = read_path(data["path"]), read_handovers(data["handovers"])
    note, digest = text(data["checkpoint"], what="checkpoint"), unhex(data["digest"], what="digest")
    written = write_json(data)
    need(written.encode() == raw, 9001, "not in the one spelling")
    need(sha256(without(written, "digest").encode()) == digest, 9001, "the digest is not this document's")
    checkpoint = Checkpoint(note, 9001)
    times = checkpoint.verify(genesis, follow(genesis, handovers, checkpoint.size), 9004)
    check_inclusion(leaf_bytes, index, path, checkpoint)
    leaf = BlockLeaf(leaf_bytes)
    check_state(key, value, entry, leaf.state_root)
    return {
        "kind": "state proof",
        "ledger": genesis.id.hex(),
        "key": key,
        "value": value,
        "height": leaf.height,
        "time": leaf.time,
        "newest": index + 1 == checkpoint.size,
        "cosigned": [f"{member} {seconds}" for member, seconds in times],
    }
