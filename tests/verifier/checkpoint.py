"""C2SP checkpoints (tlog-checkpoint, signed-note, tlog-cosignature) under the policy of a validator set: FORMAT.md,
section 8. The rule is the strict one: every line is by a key of the set, none twice, and every one verifies."""

import base64
import re

import ed25519
from strict import decimal, need, sha256, unbase64

LOG, COSIGNER = b"\x01", b"\x04"


def key_id(name, kind, key):
    """The 4 bytes by which a signature line names its key."""
    return sha256(name.encode() + b"\n" + kind + key)[:4]


def verifier_key(name, kind, key):
    """A key in C2SP's spelling."""
    return f"{name}+{key_id(name, kind, key).hex()}+{base64.b64encode(kind + key).decode()}"


def quorum_of(count):
    """More than two thirds."""
    return 2 * count // 3 + 1


def read_verifier_key(value, kind, code):
    """(name, key) of a key in C2SP's spelling that is of this kind."""
    parts = value.split("+", 2)
    need(len(parts) == 3 and re.fullmatch("[!-*,-~]+", parts[0]), code, "verifier key: not name, id and key")
    raw = unbase64(parts[2], code, "verifier key")
    need(raw[:1] == kind and ed25519.is_key(raw[1:]), code, "verifier key: of another kind")
    need(parts[1] == key_id(parts[0], kind, raw[1:]).hex(), code, "verifier key: its id is not its key's")
    return parts[0], raw[1:]


def policy_text(origin, validators, witnesses=None):
    """The c2sp.org/tlog-policy of a validator set: FORMAT.md, section 8. witnesses: (needed, [(name, key)]) or None."""
    names = [v["member"] for v in validators]
    lines = [f"log {verifier_key(origin, LOG, v['log'])}" for v in validators]
    lines += [
        f"witness {v['member']} {verifier_key(origin + '/' + v['member'], COSIGNER, v['cosigner'])}" for v in validators
    ]
    group = f"group validators {quorum_of(len(names))} {' '.join(names)}"
    if witnesses is None:
        lines += [group, "quorum validators"]
    else:
        needed, keys = witnesses
        outside = [f"witness-{n}" for n in range(1, len(keys) + 1)]
        lines += [f"witness {w} {verifier_key(name, COSIGNER, key)}" for w, (name, key) in zip(outside, keys)]
        lines += [group, f"group witnesses {needed} {' '.join(outside)}"]
        lines += ["group consortium all validators witnesses", "quorum consortium"]
    return "".join(line + "\n" for line in lines)


class Checkpoint:
    """A parsed checkpoint: origin, size, root, the signed text and its lines (name, key id, signature). Says nothing
    about who signed until `verify`."""

    def __init__(self, note, code):
        body, gap, lines = note.partition("\n\n")
        need(
            gap and lines.endswith("\n") and len(lines) > 1, code, "checkpoint: no text, empty line and signature lines"
        )
        need(not re.search("[\x00-\x09\x0b-\x1f]", note), code, "checkpoint: a control character")
        self.text = body + "\n"
        head = body.split("\n")
        need(len(head) >= 3 and all(head), code, "checkpoint: needs the lines origin, size and root")
        self.origin = head[0]
        self.size = decimal(head[1], code=code, what="checkpoint size")
        self.root = unbase64(head[2], code, "checkpoint root")
        need(len(self.root) == 32, code, "checkpoint root: not 32 bytes")
        self.lines = []
        for line in lines[:-1].split("\n"):
            parts = line.split(" ")
            need(len(parts) == 3 and parts[0] == "—" and parts[1], code, "checkpoint: a malformed signature line")
            need("+" not in parts[1], code, "checkpoint: a plus in a key's name")
            signature = unbase64(parts[2], code, "checkpoint signature")
            need(len(signature) > 4, code, "checkpoint signature: too short")
            self.lines.append((parts[1], signature[:4], signature[4:]))

    def verify(self, genesis, validators, code):
        """Refuses unless a log key and a quorum of these validators signed, as many witnesses as the genesis asks for,
        and nobody else. Gives the cosigners' times, [(name, seconds)]."""
        origin = genesis.origin
        needed, outside = genesis.witnesses or (0, [])
        keys = {(name, key_id(name, COSIGNER, key)): (COSIGNER, key, name, True) for name, key in outside}
        for v in validators:
            name = f"{origin}/{v['member']}"
            keys[origin, key_id(origin, LOG, v["log"])] = (LOG, v["log"], origin, False)
            keys[name, key_id(name, COSIGNER, v["cosigner"])] = (COSIGNER, v["cosigner"], v["member"], False)
        need(self.origin == origin, code, f"checkpoint of {self.origin}, not {origin}")
        seen, logs, inside, times = set(), 0, 0, []
        for name, ident, signature in self.lines:
            need((name, ident) in keys, code, f"checkpoint: a line by a stranger, {name}")
            need((name, ident) not in seen, code, f"checkpoint: {name} signed twice")
            seen.add((name, ident))
            kind, key, who, witness = keys[name, ident]
            message = self.text
            if kind == COSIGNER:
                need(len(signature) == 72, code, f"checkpoint: the line of {name} has the wrong length")
                seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
                need(seconds < 2**63, code, f"checkpoint: the time of {name} is out of range")
                message = f"cosignature/v1\ntime {seconds}\n{self.text}"
                times.append((who, seconds))
                inside += not witness
            else:
                logs += 1
            need(ed25519.verify(key, message.encode(), signature), code, f"checkpoint: the line of {name} is not valid")
        need(logs > 0, code, "checkpoint: no log key signed it")
        need(inside >= quorum_of(len(validators)), code, f"checkpoint: {inside} validators are no quorum")
        need(
            len(times) - inside >= needed,
            code,
            f"checkpoint: {len(times) - inside} witnesses of {needed} that are needed",
        )
        return times
