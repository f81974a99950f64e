"""The genesis file, validator sets, log leaves and handovers: FORMAT.md, sections 3, 5, 8 and 12."""

import re

import ed25519
from checkpoint import COSIGNER, Checkpoint, read_verifier_key
from merkle import inclusion_root, leaf_hash
from strict import base64url, fields, integer, items, need, read_json, sha256, text, unbase64url, unhex, write_json

MEMBER = re.compile("[A-Za-z0-9-]{1,32}")
VALIDATOR_FIELDS = ["member", "vote", "log", "cosigner", "peer"]


def read_key(value, code, what):
    """A public key in base64url."""
    raw = unbase64url(value, code, what)
    need(ed25519.is_key(raw), code, f"{what}: not an Ed25519 key")
    return raw


def read_validators(value, code=9001):
    """A validator set, as it stands: its JSON plus keys in bytes."""
    result = []
    for v in items(value, code, "validators"):
        fields(v, VALIDATOR_FIELDS, code, "validator")
        need(MEMBER.fullmatch(text(v["member"], code)), code, "validator: not a member id")
        keys = {name: read_key(v[name], code, f"validator's {name}") for name in VALIDATOR_FIELDS[1:]}
        result.append(dict(keys, member=v["member"]))
    return result


def is_set(validators):
    """Whether these are validators at all, ascending by member."""
    names = [v["member"].encode() for v in validators]
    return len(names) > 0 and all(a < b for a, b in zip(names, names[1:]))


def set_hash(validators):
    """The hash that leaves and headers name a validator set by."""
    rows = [
        {"member": v["member"], **{name: base64url(v[name]) for name in VALIDATOR_FIELDS[1:]}}
        for v in sorted(validators, key=lambda v: v["member"].encode())
    ]
    return sha256(write_json(rows).encode())


class Genesis:
    """What a verifier trusts: the ledger's id, the origin, the first validators, and the witnesses if there are any."""

    def __init__(self, raw, code=9001):
        self.id = sha256(raw)
        found = read_json(raw, code)
        need(isinstance(found, dict), code, "genesis: not an object")
        self.origin = text(found.get("origin"), code, "genesis: origin")
        self.time = integer(found.get("time"), code=code, what="genesis: time")
        validators = read_validators(found.get("validators"), code)
        self.validators = sorted(validators, key=lambda v: v["member"].encode())
        need(is_set(self.validators), code, "genesis: no validators, or one twice")
        self.witnesses = self.read_witnesses(found["witnesses"], code) if "witnesses" in found else None

    def read_witnesses(self, value, code):
        """(needed, [(name, key)])."""
        fields(value, ["needed", "keys"], code, "genesis: witnesses")
        rows = items(value["keys"], code, "genesis: witnesses")
        keys = [read_verifier_key(text(k, code), COSIGNER, code) for k in rows]
        needed = integer(value["needed"], len(keys), code, "genesis: witnesses needed")
        others = [v[name] for v in self.validators for name in VALIDATOR_FIELDS[1:]] + [key for _, key in keys]
        need(1 <= needed and len(keys) <= 32, code, "genesis: 1 to 32 witnesses, of whom at least one is needed")
        need(all(others.count(key) == 1 for _, key in keys), code, "genesis: a witness's key is somebody else's too")
        inside = any(name == self.origin or name.startswith(self.origin + "/") for name, _ in keys)
        need(not inside, code, "genesis: a witness has a name of the ledger's")
        return needed, keys


class TransactionLeaf:
    """83 bytes: FORMAT.md, section 5."""

    def __init__(self, raw, code=9006):
        need(len(raw) == 83 and raw[:2] == b"\x01\x01", code, "not a transaction leaf")
        self.height = int.from_bytes(raw[2:10], "big")
        self.place = int.from_bytes(raw[10:14], "big")
        self.id = raw[14:46]
        self.jwt_hash = raw[46:78]
        self.accepted = raw[78] == 0
        self.record = int.from_bytes(raw[79:81], "big")
        self.refusal = int.from_bytes(raw[81:83], "big")
        need(raw[78] <= 1 and (raw[78] == 1 or raw[79:] == bytes(4)), code, "leaf: an outcome that does not exist")


class BlockLeaf:
    """146 bytes: FORMAT.md, section 5."""

    def __init__(self, raw, code=9006):
        need(len(raw) == 146 and raw[:2] == b"\x01\x02", code, "not a block leaf")
        self.height = int.from_bytes(raw[2:10], "big")
        self.time = int.from_bytes(raw[10:18], "big")
        self.previous = raw[18:50]
        self.state_root = raw[50:82]
        self.validators = raw[82:114]
        self.next_validators = raw[114:146]


def read_path(value, code=9001):
    """An inclusion path in JSON."""
    return [unhex(h, code, "path") for h in items(value, code, "path")]


class Handover:
    """The form of a handover; nothing is checked but that."""

    def __init__(self, value):
        fields(value, ["validators", "leaf", "index", "path", "checkpoint"], what="handover")
        self.validators = read_validators(value["validators"])
        self.leaf = text(value["leaf"], what="handover's leaf")
        self.index = integer(value["index"], what="handover's index")
        self.path = read_path(value["path"])
        self.checkpoint = text(value["checkpoint"], what="handover's checkpoint")


def read_handovers(value):
    """A list of handovers, oldest first."""
    return [Handover(h) for h in items(value, what="handovers")]


def check_inclusion(leaf, index, path, checkpoint, code=9005):
    """Refuses unless the leaf lies at this place under the checkpoint's root."""
    root = inclusion_root(index, checkpoint.size, leaf_hash(leaf), path)
    need(root == checkpoint.root, code, f"the leaf is not at place {index} under the checkpoint")


def follow(genesis, handovers, size):
    """The validators who sign checkpoints of this size: PROOFS.md, "Handovers". 9003, and 9010 for one not needed."""
    held, last = genesis.validators, -1
    for number, h in enumerate(handovers):
        raw = unbase64url(h.leaf, 9003, f"handover {number}: leaf")
        leaf = BlockLeaf(raw, 9003)
        need(leaf.validators == set_hash(held), 9003, f"handover {number}: those who leave are not those who held")
        need(is_set(h.validators), 9003, f"handover {number}: the next validators are none or not in order")
        need(leaf.next_validators == set_hash(h.validators), 9003, f"handover {number}: names other next validators")
        need(leaf.next_validators != leaf.validators, 9003, f"handover {number}: hands over to the same")
        need(h.index > last, 9003, f"handover {number}: not after the one before")
        checkpoint = Checkpoint(h.checkpoint, 9003)
        checkpoint.verify(genesis, held, 9003)
        check_inclusion(raw, h.index, h.path, checkpoint, 9003)
        need(h.index + 1 < size, 9010, f"handover {number}: the checkpoint does not need it")
        held, last = h.validators, h.index
    return held
