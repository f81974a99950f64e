"""Makes small ledgers, receipts, state proofs, bundles and exported folders for the tests, honest ones and others. Its
signing is neither fast nor secret: never use it with a real key."""

import base64
import hashlib
import json
import os

import ed25519
from chain import set_hash
from checkpoint import COSIGNER, LOG, key_id, policy_text, quorum_of
from export import CERTIFICATE, tile_path, tiles_of
from merkle import PLACEHOLDER, bit, leaf_hash, root_of, state_leaf, state_root_of
from strict import base64url, sha256, write_json
from transaction import digest_of

START = 1767225600
KEYS = {"vote": 0x10, "log": 0x20, "cosigner": 0x30, "peer": 0x40}


class Seed:
    """A key pair of one byte, 32 times, or of 32 bytes (RFC 8032, 5.1.5 and 5.1.6)."""

    def __init__(self, byte):
        h = hashlib.sha512(byte if isinstance(byte, bytes) else bytes([byte]) * 32).digest()
        self.a = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix = h[32:]
        self.key = self.times(self.a)
        jwk = '{"crv":"Ed25519","kty":"OKP","x":"' + base64url(self.key) + '"}'
        self.kid = base64url(sha256(jwk.encode()))

    @staticmethod
    def times(n):
        """The bytes of [n]B."""
        return ed25519.compress(ed25519.base_and(n, 0, []))

    def sign(self, message):
        """64 bytes."""
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ed25519.L
        start = self.times(r)
        k = int.from_bytes(hashlib.sha512(start + self.key + message).digest(), "little") % ed25519.L
        return start + ((r + k * self.a) % ed25519.L).to_bytes(32, "little")


def validators(numbers):
    """The validators of these numbers, keys in bytes; their seeds follow from KEYS."""
    return [dict({k: Seed(v + n).key for k, v in KEYS.items()}, member=f"node-{n}", number=n) for n in numbers]


def in_json(some):
    """A validator set as it is written."""
    return [{"member": v["member"], **{k: base64url(v[k]) for k in KEYS}} for v in some]


def path_to(index, hashes):
    """Inclusion path from the leaf up (RFC 9162, 2.1.3.1)."""
    if len(hashes) < 2:
        return []
    k = 1 << (len(hashes) - 1).bit_length() - 1
    if index < k:
        return path_to(index, hashes[:k]) + [root_of(hashes[k:])]
    return path_to(index - k, hashes[k:]) + [root_of(hashes[:k])]


def consistency(size, hashes, whole=True):
    """Consistency path (RFC 9162, 2.1.4.1)."""
    if size == len(hashes):
        return [] if whole else [root_of(hashes)]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    if size <= k:
        return consistency(size, hashes[:k], whole) + [root_of(hashes[k:])]
    return consistency(size - k, hashes[k:], False) + [root_of(hashes[:k])]


def prove_state(state, key):
    """The proof of a key in JSON's shape."""
    wanted, some, siblings = (
        sha256(key.encode()),
        [(sha256(k.encode()), sha256(v.encode())) for k, v in state.items()],
        [],
    )
    while len(some) > 1:
        depth = len(siblings)
        near = [e for e in some if bit(e[0], depth) == bit(wanted, depth)]
        far = [e for e in some if e not in near]
        siblings.append(sub_root(far, depth + 1))
        some = near
    leaf = {"key_hash": some[0][0].hex(), "value_hash": some[0][1].hex()} if some else None
    return {"leaf": leaf, "siblings": [s.hex() for s in reversed(siblings)]}


def sub_root(some, depth):
    """Node hash at a depth."""
    if len(some) < 2:
        return state_leaf(*some[0]) if some else PLACEHOLDER
    halves = [sub_root([e for e in some if bit(e[0], depth) == b], depth + 1) for b in (0, 1)]
    return sha256(b"JMT::IntrnalNode" + halves[0] + halves[1])


def disclose(*parts):
    """A disclosure with a salt that is no secret."""
    return base64url(json.dumps(["AAAAAAAAAAAAAAAAAAAAAA", *parts], ensure_ascii=False, separators=(",", ":")).encode())


def record(kind, objects, body, sealed=()):
    """(disclosure, record)."""
    if sealed:
        body = dict(body, _sd=[digest_of(s) for s in sealed])
    value = {"at": "2026-01-01T00:00:00Z", "body": body, "kind": kind, "objects": objects}
    return disclose(value), value


class Ledger:
    """Blocks from the genesis on, made as FORMAT.md says. `writes` of `block` stand for what contracts would write."""

    origin = "sealane.example/test"

    def __init__(self, members=("trader",), numbers=(1, 2, 3, 4)):
        self.set = self.next = validators(numbers)
        self.members = {m: self.member(m, 1 + i) for i, m in enumerate(members)}
        params = {
            "block_bytes": 4194304,
            "block_txs": 10000,
            "member_block_bytes": 4194304,
            "reservation_max_s": 604800,
        }
        params.update(votes_needed=3, clock_bound_ms=10000, skip_heights=20)
        rows = [self.member(v["member"], v["number"] + 0x50) for v in self.set]
        genesis = {"origin": self.origin, "time": START * 1000, "members": list(self.members.values()) + rows}
        genesis.update(
            validators=in_json(self.set), followers={}, grants={"test.note/1": ["enterprise"]}, params=params, rules={}
        )
        self.genesis = json.dumps(genesis).encode()
        self.id = sha256(self.genesis)
        self.state = {f"member/{m['id']}": write_json(m) for m in genesis["members"]}
        self.leaves, self.payloads, self.handovers, self.sent, self.height = [], [], [], {}, 0
        self.previous, self.certificate, self.numbers = self.id, b"", 0

    @staticmethod
    def member(name, seed):
        """A member with one key for records, by a seed."""
        key = {"kid": Seed(seed).kid, "x": base64url(Seed(seed).key), "uses": ["record"], "from": 0}
        return {"id": name, "names": {"en": name}, "roles": ["enterprise"], "keys": [key], "since": 0}

    def hashes(self):
        """Leaf hashes of the log."""
        return [leaf_hash(leaf) for leaf in self.leaves]

    def sign(self, issuer, disclosures, seed=None, **claims):
        """A transaction as sent."""
        self.numbers += 1
        signer = Seed(seed or 1 + list(self.members).index(issuer))
        header = {"alg": "Ed25519", "kid": signer.kid, "typ": "sealane+sd-jwt"}
        body = {"aud": self.id.hex(), "iat": START, "iss": issuer, "jti": str(self.numbers)}
        body.update(records=[{"...": digest_of(d)} for d in disclosures], submit_by=START + 3600)
        body.update(claims)
        signed = base64url(write_json(header).encode()) + "." + base64url(write_json(body).encode())
        return "~".join([signed + "." + base64url(signer.sign(signed.encode())), *disclosures, ""])

    def block(self, transactions=(), refused=(), writes=None, next_=None):
        """Appends a block of transactions as sent; `refused` are places that a contract refused."""
        self.height += 1
        if next_ is not None:
            self.next = next_
        for place, sent in enumerate(transactions):
            jwt, *disclosures = sent.split("~")
            ident = sha256(jwt.rpartition(".")[0].encode())
            self.sent[ident] = len(self.leaves), sent
            result = b"\x01\x00\x00\x10\x92" if place in refused else bytes(5)
            head = b"\x01\x01" + self.height.to_bytes(8, "big") + place.to_bytes(4, "big")
            self.leaves.append(head + ident + sha256(jwt.encode()) + result)
            self.payloads.append(sent.encode())
            for n, d in enumerate(disclosures[:-1] if place not in refused else []):
                for code in json.loads(base64.urlsafe_b64decode(d + "=="))[1]["objects"]:
                    held = json.loads(self.state.get(f"obj/{code}", '{"count":0,"head":"' + "0" * 64 + '"}'))
                    head = sha256(bytes.fromhex(held["head"]) + ident + n.to_bytes(2, "big")).hex()
                    self.state[f"obj/{code}"] = write_json({"count": held["count"] + 1, "head": head})
        self.state.update(writes or {})
        root = state_root_of([(sha256(k.encode()), sha256(v.encode())) for k, v in self.state.items()])
        time, hashes = ((START + self.height) * 1000).to_bytes(8, "big"), set_hash(self.set) + set_hash(self.next)
        self.leaves.append(b"\x01\x02" + self.height.to_bytes(8, "big") + time + self.previous + root + hashes)
        proposer = self.set[0]["vote"]
        self.payloads.append(proposer + self.certificate)
        payload = b"".join(len(t).to_bytes(4, "big") + t.encode() for t in transactions)
        header = b"sealane/block/1\n\x00\x00\x00\x01" + self.id + self.height.to_bytes(8, "big") + time + proposer
        header += self.previous + (sha256(self.certificate) if self.certificate else bytes(32)) + sha256(payload)
        header += len(self.leaves).to_bytes(8, "big") + root_of(self.hashes()) + root + hashes
        self.previous = sha256(header)
        self.certify()
        if set_hash(self.next) != set_hash(self.set):
            self.handovers.append(self.handover())
            self.set = self.next

    def certify(self):
        """A quorum's precommits for the newest block."""
        rows = []
        for v in sorted(self.set, key=lambda v: v["vote"])[: quorum_of(len(self.set))]:
            vote = b"sealane/vote/1\0" + self.id + b"\2" + self.height.to_bytes(8, "big") + bytes(4)
            rows.append((v["vote"], Seed(KEYS["vote"] + v["number"]).sign(vote + b"\1" + self.previous + v["vote"])))
        head = self.height.to_bytes(8, "big") + bytes(4) + self.previous
        self.certificate = CERTIFICATE + head + b"".join(k + s for k, s in rows)
        pairs = [[base64url(k), base64url(s)] for k, s in rows]
        self.certificate_json = {"height": self.height, "round": 0, "block": self.previous.hex(), "signatures": pairs}

    def checkpoint(self, signers=None, count=3):
        """The newest checkpoint, by the first `count` of the validators."""
        root = base64.b64encode(root_of(self.hashes())).decode()
        text = f"{self.origin}\n{len(self.leaves)}\n{root}\n"
        some = (signers or self.set)[:count]
        lines = [self.line(self.origin, LOG, some[0]["log"], Seed(KEYS["log"] + some[0]["number"]).sign(text.encode()))]
        for v in some:
            seconds = START + 100 + v["number"]
            signature = Seed(KEYS["cosigner"] + v["number"]).sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
            name = f"{self.origin}/{v['member']}"
            lines.append(self.line(name, COSIGNER, v["cosigner"], seconds.to_bytes(8, "big") + signature))
        return text + "\n" + "".join(lines)

    @staticmethod
    def line(name, kind, key, signature):
        """A signature line."""
        return f"— {name} {base64.b64encode(key_id(name, kind, key) + signature).decode()}\n"

    def handover(self):
        """From those who hold to those who come, by the newest leaf."""
        proof = self.place(len(self.leaves) - 1)
        return {"validators": in_json(self.next), **proof, "checkpoint": self.checkpoint()}

    def place(self, index):
        """Leaf, index and path in JSON's shape."""
        path = [h.hex() for h in path_to(index, self.hashes())]
        return {"leaf": base64url(self.leaves[index]), "index": index, "path": path}

    def needed(self):
        """The handovers that the newest checkpoint needs."""
        return [h for h in self.handovers if h["index"] + 1 < len(self.leaves)]

    def receipt(self, ident, indexes=(0,)):
        """A receipt as a file."""
        index, sent = self.sent[ident]
        jwt, *disclosures = sent.split("~")
        shown = [{"index": i, "disclosure": disclosures[i]} for i in indexes]
        claims = json.loads(base64.urlsafe_b64decode(jwt.split(".")[1] + "=="))
        key = Seed(1 + list(self.members).index(claims["iss"])).key
        extra = {"leaf": base64url(self.leaves[index]), "jwt": jwt, "key": base64url(key), "records": shown}
        extra["handovers"] = self.needed()
        path = "".join(base64.b64encode(h).decode() + "\n" for h in path_to(index, self.hashes()))
        head = f"c2sp.org/tlog-proof@v1\nextra {base64.b64encode(write_json(extra).encode()).decode()}\nindex {index}\n"
        return (head + path + "\n" + self.checkpoint()).encode()

    def state_proof(self, key):
        """A state proof as a file."""
        value = {"format": "sealane-state-proof/1", "key": key, "value": self.state.get(key)}
        value.update(proof=prove_state(self.state, key), **self.place(len(self.leaves) - 1))
        value.update(checkpoint=self.checkpoint(), handovers=self.needed())
        return seal(value)

    def entry(self, ident, show=None, sealed=None):
        """An entry of a bundle: `show` are record indexes, None withholds; sealed: {index: disclosures}."""
        index, sent = self.sent[ident]
        jwt, *disclosures = sent.split("~")
        rows = [{"index": i, "disclosure": disclosures[i], "sealed": (sealed or {}).get(i, [])} for i in show or []]
        return {**self.place(index), "jwt": None if show is None else jwt, "records": rows}

    def bundle(self, subject, entries, listings, keys):
        """A bundle before it is sealed: what it holds, to be spoiled by tests."""
        state = [{"key": k, "value": self.state.get(k), "proof": prove_state(self.state, k)} for k in sorted(keys)]
        value = {"format": "sealane-bundle/1", "page": "0" * 64, "subject": dict(zip(("kind", "id"), subject))}
        value.update(genesis=self.genesis.decode(), handovers=self.needed(), checkpoint=self.checkpoint())
        value.update(policy=policy_text(self.origin, self.set), block=self.place(len(self.leaves) - 1), state=state)
        value["entries"] = sorted(entries, key=lambda e: e["index"])
        value["listings"] = [{"object": o, "records": listings[o]} for o in sorted(listings)]
        return value

    def export(self, folder):
        """The whole ledger in a folder."""
        size = len(self.leaves)
        files = {"genesis.json": self.genesis, "checkpoint": self.checkpoint().encode()}
        files["handovers.json"] = write_json(self.needed()).encode()
        files["certificate.json"] = write_json(self.certificate_json).encode()
        rows = sorted(self.state.items(), key=lambda kv: kv[0].encode())
        files["state.jsonl"] = "".join(write_json(list(r)) + "\n" for r in rows).encode()
        for kind, prefix, things in (("entries", 2, self.leaves), ("payloads", 4, self.payloads)):
            for n, w in tiles_of(size):
                some = things[n * 256 : n * 256 + w]
                files[tile_path(kind, n, w)] = b"".join(len(t).to_bytes(prefix, "big") + t for t in some)
        hashes, level = self.hashes(), 0
        while hashes:
            for n, w in tiles_of(len(hashes)):
                files[tile_path(level, n, w)] = b"".join(hashes[n * 256 : n * 256 + w])
            hashes, level = [root_of(hashes[n : n + 256]) for n in range(0, len(hashes) // 256 * 256, 256)], level + 1
        for path, content in files.items():
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            with open(os.path.join(folder, path), "wb") as f:
                f.write(content)


def seal(value):
    """A document with its digest, as written."""
    text = write_json({k: v for k, v in value.items() if k != "digest"})
    return (text[:-1] + ',"digest":"' + sha256(text.encode()).hex() + '"}').encode()


def in_page(value, page=b"<!doctype html><title>x</title><!--sealane-bundle:-->\n<p>shown</p>"):
    """A bundle inside a page."""
    value = dict(value, page=sha256(page).hex())
    return page.replace(b"bundle:-->", b"bundle:" + base64.b64encode(seal(value)) + b"-->")
