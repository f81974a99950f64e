"""The verifier against the worked example of FORMAT.md, against the vectors that all verifiers share, and against ledgers
made here, honest and not: every check must be the one that finds what was spoilt for it."""

import base64
import copy
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import unittest

import chain
import checkpoint
import make
import merkle
import sealane_verify
from bundle import verify_bundle
from export import CERTIFICATE, Certificate, verify_export
from proofs import verify_receipt, verify_state_proof
from strict import Refused, base64url, sha256, write_json
from transaction import Transaction, digest_of

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "..", "chain-core", "src", "golden.txt")
VECTORS = os.path.join(HERE, "..", "vectors")


def read(*path):
    """A file's bytes."""
    with open(os.path.join(*path), "rb") as f:
        return f.read()


def verdict(check, *arguments):
    """0, or the code of the check that refused. Anything else that is raised is a defect and goes up."""
    try:
        check(*arguments)
        return 0
    except Refused as refused:
        return refused.code


class Golden(unittest.TestCase):
    """Each number of golden.txt, made again from FORMAT.md's words."""

    def setUp(self):
        self.text = read(GOLDEN).decode()
        self.ledger = bytes.fromhex(self.line("ledger id"))
        self.set = chain.read_validators(json.loads(self.line("validators")))

    def line(self, name):
        """What follows the name on its line."""
        return re.search(f"^ *{re.escape(name)} (.*)$", self.text, re.M)[1]

    def bytes(self, name):
        """The hexadecimal bytes after the name and their number."""
        count, raw = re.fullmatch(r"\[(\d+)\] ([0-9a-f]*)", self.line(name)).groups()
        self.assertEqual(len(raw), 2 * int(count))
        return bytes.fromhex(raw)

    def section(self, name):
        """All lines under a heading."""
        return self.text.split(f"== {name}\n")[1].split("\n\n== ")[0] + "\n"

    def test_keys(self):
        for seed in ("01", "11", "21", "31", "41"):
            signer = make.Seed(int(seed, 16))
            self.assertEqual(self.line(f"x of seed {seed}"), base64url(signer.key))
            self.assertEqual(self.line(f"kid of seed {seed}"), signer.kid)

    def test_transaction(self):
        tx = Transaction(self.line("jwt"), self.ledger)
        tx.check_signature(make.Seed(1).key)
        self.assertEqual(tx.id.hex(), self.line("transaction id"))
        self.assertEqual(sha256(self.line("jwt").encode()).hex(), self.line("SHA-256 of the JWT"))
        disclosures = [self.line("disclosure 0"), self.line("disclosure 1")]
        for n, d in enumerate(disclosures):
            tx.check_disclosure(n, d)
            self.assertEqual(digest_of(d), self.line(f"digest {n}"))
        self.assertEqual(digest_of(self.line("sealed")), self.line("digest sealed"))
        whole = "~".join([self.line("jwt"), *disclosures, ""])
        self.assertEqual(sha256(whole.encode()).hex(), self.line("SHA-256 of all bytes"))

    def test_blocks(self):
        self.assertEqual(chain.set_hash(self.set).hex(), self.line("hash of the validators"))
        for height in (1, 2):
            header = self.bytes(f"header {height}")
            self.assertEqual(sha256(header).hex(), self.line(f"block hash {height}"))
        self.assertEqual(self.bytes("header 2")[100:132].hex(), self.line("block hash 1"))
        self.assertEqual(self.bytes("header 2")[132:164].hex(), self.line("certificate hash 1"))
        for name in ("prevote for nil", "precommit", "proposal", "proposal again", 'stream of the 7 bytes "payload"'):
            self.assertEqual(make.Seed(0x11).sign(self.bytes(name)), self.bytes(f"{name} signed with seed 11"))

    def test_certificate(self):
        block, rows = bytes.fromhex(self.line("block hash 1")), []
        for v, n in zip(self.set, range(0x11, 0x15)):
            vote = b"sealane/vote/1\0" + self.ledger + b"\2" + (1).to_bytes(8, "big") + bytes(4) + b"\1" + block + v["vote"]
            rows.append((v["vote"], make.Seed(n).sign(vote)))
        raw = CERTIFICATE + (1).to_bytes(8, "big") + bytes(4) + block + b"".join(k + s for k, s in sorted(rows))
        self.assertEqual(sha256(raw).hex(), self.line("certificate hash 1"))
        Certificate.of_bytes(raw).verify(self.ledger, 1, block, self.set)
        self.assertEqual(verdict(Certificate.of_bytes(raw).verify, self.ledger, 2, block, self.set), 9018)

    def test_trees(self):
        leaves = [self.bytes(f"leaf {n}, {kind}") for n, kind in enumerate(("transaction", "transaction", "block", "block"))]
        first, refused = chain.TransactionLeaf(leaves[0]), chain.TransactionLeaf(leaves[1])
        self.assertEqual((first.id.hex(), first.accepted), (self.line("transaction id"), True))
        self.assertEqual((refused.accepted, refused.record, refused.refusal), (False, 0, 4242))
        self.assertEqual(chain.BlockLeaf(leaves[2]).previous, self.ledger)
        self.assertEqual(merkle.root_of(map(merkle.leaf_hash, leaves)).hex(), self.line("root of 4"))
        for key in ("note/order:1", "note/order:2", "obj/order:1", "obj/order:2"):
            value = self.line(f"value of {key}")
            alone = merkle.state_root_of([(sha256(key.encode()), sha256(value.encode()))])
            self.assertEqual(alone.hex(), self.line(f"node hash of {key} alone"))
        head = sha256(bytes(32) + first.id + bytes(2)).hex()
        self.assertEqual(self.line("value of obj/order:1"), write_json({"count": 1, "head": head}))

    def test_files(self):
        genesis = chain.Genesis.__new__(chain.Genesis)
        genesis.id, genesis.origin, genesis.validators, genesis.witnesses = self.ledger, "sealane.example/test", self.set, None
        receipt = self.section("8 receipt of record 1 with a handover").encode()
        facts = verify_receipt(receipt, genesis)
        self.assertEqual((facts["height"], facts["outcome"], facts["recordsSigned"]), (1, "accepted", 2))
        for name, value in (("presence", '{"qty":5}'), ("absence", None)):
            facts = verify_state_proof(self.section(f"8 state proof of {name}").strip().encode(), genesis)
            self.assertEqual((facts["value"], facts["height"], facts["newest"]), (value, 3, True))
        note = self.section("8 checkpoint")
        for count, members in ((4, self.set), (5, json.loads(self.section("8 its extra data"))["handovers"][0]["validators"])):
            some = members if count == 4 else chain.read_validators(members)
            self.assertEqual(verdict(checkpoint.Checkpoint(note, 9001).verify, genesis, some, 9004), 9004 if count == 4 else 0)


class Vectors(unittest.TestCase):
    """tests/vectors: files with the verdict that every verifier must give."""

    def setUp(self):
        self.raw_genesis = read(VECTORS, "genesis.json")
        self.genesis = chain.Genesis(self.raw_genesis)
        self.verdicts = json.loads(read(VECTORS, "verdicts.json"))

    def judge(self, raw):
        """The verdict on a file's bytes."""
        return verdict(sealane_verify.verify, raw, self.genesis.id, self.genesis)

    def test_verdicts(self):
        self.assertGreater(len(self.verdicts), 100)
        for name, expected in self.verdicts.items():
            self.assertEqual(self.judge(read(VECTORS, name)), expected, name)

    def test_another_ledger(self):
        other = chain.Genesis(read(VECTORS, "genesis-other.json"))
        for name in (n for n, v in self.verdicts.items() if v == 0):
            raw = read(VECTORS, name)
            self.assertNotEqual(verdict(sealane_verify.verify, raw, other.id, other) == 0, "tlog-proof" in name or "bundle" in name)

    def test_5000_mutations(self):
        """A changed byte, a cut, a repetition: none holds, none raises anything but a refusal."""
        chance, good = random.Random(3), [read(VECTORS, n) for n, v in self.verdicts.items() if v == 0]
        start, codes = time.perf_counter(), {}
        for _ in range(5000):
            raw = chance.choice(good)
            changed = mutate(raw, chance)
            if changed == raw:
                continue
            code = self.judge(changed)
            self.assertNotEqual(code, 0)
            codes[code] = codes.get(code, 0) + 1
        print(f"5000 mutations: {time.perf_counter() - start:.1f} s, by code {dict(sorted(codes.items()))}")

    def test_sizes_and_times(self):
        for name in ("receipt-first.tlog-proof", "state-value.json", "bundle-receivable.json", "bundle-object-40.json"):
            raw, best = read(VECTORS, name), 9.0
            for _ in range(3):
                start = time.perf_counter()
                self.assertEqual(self.judge(raw), 0)
                best = min(best, time.perf_counter() - start)
            print(f"{name}: {len(raw)} bytes, {best * 1000:.1f} ms")
            self.assertLess(best, 1)


def mutate(raw, chance):
    """One change of a file."""
    b, i = bytearray(raw), chance.randrange(len(raw))
    how, other = chance.randrange(6), chance.choice(b'09afAZ"\\,:{}[]\n =-_+/~.')
    if how == 0:
        b[i] ^= 1 << chance.randrange(8)
    elif how == 1:
        b[i] = other
    elif how == 2:
        b.insert(i, other)
    elif how == 3:
        del b[i : i + chance.randrange(1, 60)]
    elif how == 4:
        b[i:i] = b[i : i + chance.randrange(1, 60)]
    else:
        j = chance.randrange(len(raw))
        b[i], b[j] = b[j], b[i]
    return bytes(b)


def dealt():
    """A ledger with a sealed field, a refusal and a change of validators: (ledger, ids, bundle not yet sealed)."""
    ledger = make.Ledger(("trader", "bank"))
    sealed = make.disclose("price", "12")
    first, _ = make.record("test.note/1", ["order:1"], {"qty": 5}, [sealed])
    second, _ = make.record("test.note/1", ["order:2"], {"qty": 6})
    third, _ = make.record("test.note/1", ["order:1", "order:2"], {"qty": 7})
    ledger.block([ledger.sign("trader", [first, second])])
    ledger.block()
    ledger.block([ledger.sign("bank", [third]), ledger.sign("bank", [first])], refused=(1,), next_=make.validators((3, 4, 5, 6)))
    ledger.block()
    ids = list(ledger.sent)
    entries = [ledger.entry(ids[0], [0], {0: [sealed]}), ledger.entry(ids[1], [0])]
    listings = {"order:1": [f"{ids[0].hex()}:0", f"{ids[1].hex()}:0"], "order:3": []}
    keys = ["obj/order:1", "obj/order:3", "member/trader", "member/bank"]
    return ledger, ids, ledger.bundle(("object", "order:1"), entries, listings, keys)


class Bundles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ledger, cls.ids, cls.value = dealt()

    def test_good(self):
        facts = verify_bundle(make.seal(self.value), self.ledger.id)
        self.assertEqual((facts["height"], facts["entries"], facts["listings"]), (4, 2, {"order:1": 2, "order:3": 0}))
        self.assertIn("price opened", facts["records"][0])
        self.assertEqual(verify_bundle(make.in_page(self.value), self.ledger.id)["subject"], "object order:1")

    def test_withheld(self):
        value = copy.deepcopy(self.value)
        value["entries"][0] = self.ledger.entry(self.ids[0])
        self.assertEqual(verify_bundle(make.seal(value), self.ledger.id)["withheld"], 1)

    def test_each_check_finds_its_own(self):
        ledger, ids, other = self.ledger, self.ids, make.Ledger(("trader", "bank", "more"))

        def put(*path):
            """Sets the value at the end of the path."""
            def change(v):
                *way, last, new = path
                for step in way:
                    v = v[step]
                v[last] = new
            return change

        first, entry = self.value["entries"][0], self.value["entries"][1]
        spoilt = [
            (9001, put("format", "sealane-bundle/2")), (9001, put("page", "x")), (9001, put("subject", "kind", "order")),
            (9001, lambda v: v["state"].reverse()), (9001, lambda v: v["entries"].append(v["entries"][1])),
            (9001, put("entries", 0, "jwt", None)), (9001, put("block", "index", -1)), (9001, put("block", "index", True)),
            (9001, put("checkpoint", "x")), (9001, put("time", 5)), (9002, put("genesis", other.genesis.decode())),
            (9003, put("handovers", 0, "index", 0)), (9003, put("handovers", 0, "validators", [])),
            (9003, put("handovers", [ledger.handovers[0]] * 2)), (9004, put("handovers", [])), (9011, put("policy", "")),
            (9005, put("block", ledger.place(0))), (9005, put("entries", 0, "index", 1)), (9005, put("entries", 0, "path", [])),
            (9005, lambda v: v["entries"][0].update(leaf=entry["leaf"])), (9006, put("entries", 0, "jwt", entry["jwt"])),
            (9006, lambda v: v["entries"].insert(1, dict(ledger.place(2), jwt=None, records=[]))),
            (9008, put("entries", 0, "records", 0, "index", 1)), (9008, put("entries", 0, "records", 0, "index", 2)),
            (9009, put("state", 2, "value", None)), (9009, put("state", 3, "value", "{}")), (9009, put("state", 3, "key", "obj/order:4")),
            (9012, lambda v: v["state"].pop(1)), (9013, lambda v: v["state"].pop(2)), (9013, lambda v: v["entries"].pop(1)),
            (9013, lambda v: v["listings"][0]["records"].pop()), (9013, lambda v: v["listings"][0]["records"].reverse()),
            (9013, put("listings", 1, "records", [f"{ids[0].hex()}:0"])), (9013, put("listings", 0, "records", [f"{ids[2].hex()}:0"])),
            (9014, put("entries", 0, "records", 0, "sealed", [make.disclose("price", "13")])),
            (9014, put("entries", 0, "records", 0, "sealed", first["records"][0]["sealed"] * 2)),
            (9014, put("entries", 0, "records", 0, "sealed", ["x"])), (9015, put("subject", "id", "order:2")),
            (9015, put("subject", {"kind": "member", "id": "nobody"})), (9015, put("subject", {"kind": "receivable", "id": "x"})),
            (9016, put("time", "AAAA")),
        ]
        for number, (code, spoil) in enumerate(spoilt):
            value = copy.deepcopy(self.value)
            spoil(value)
            self.assertEqual(verdict(verify_bundle, make.seal(value), ledger.id), code, f"case {number}")

    def test_page(self):
        page = make.in_page(self.value)
        for changed in (
            page.replace(b"shown", b"shewn"), page.replace(b"-->", b"--"), page + b" ", b" " + page, page.replace(b"bundle:", b"bundle:="),
            page.replace(b"sealane-bundle", b"sealane-bundles"), make.seal(self.value) + b"\n", b"\xef\xbb\xbf" + make.seal(self.value),
        ):
            self.assertEqual(verdict(verify_bundle, changed, self.ledger.id), 9001)

    def test_keys_count_at_their_heights(self):
        for member, code in (
            ({"from": 2}, 9012), ({"until": 1}, 9012), ({"until": 2}, 0), ({"uses": ["api"]}, 9012), ({"uses": ["checker"]}, 0),
            ({"kid": make.Seed(9).kid}, 9012), ({"x": base64url(make.Seed(9).key)}, 9007), ({"since": 2}, 9012),
        ):
            ledger = make.Ledger()
            d, _ = make.record("test.note/1", ["a"], {})
            value = json.loads(ledger.state["member/trader"])
            (value if "since" in member else value["keys"][0]).update(member)
            ledger.block([ledger.sign("trader", [d])], writes={"member/trader": write_json(value)})
            listing = {"a": [f"{list(ledger.sent)[0].hex()}:0"]}
            bundle = ledger.bundle(("object", "a"), [ledger.entry(list(ledger.sent)[0], [0])], listing, ["obj/a", "member/trader"])
            self.assertEqual(verdict(verify_bundle, make.seal(bundle), ledger.id), code, member)


class Exports(unittest.TestCase):
    def judge(self, ledger, spoil=None):
        """The verdict on the ledger's folder, after `spoil` went over it."""
        with tempfile.TemporaryDirectory() as folder:
            ledger.export(folder)
            if spoil:
                spoil(lambda path, change: self.rewrite(os.path.join(folder, path), change))
            return verdict(verify_export, folder, ledger.id)

    @staticmethod
    def rewrite(path, change):
        """Puts a changed content into a file."""
        content = change(read(path))
        with open(path, "wb") as f:
            f.write(content)

    def test_good(self):
        self.assertEqual(self.judge(dealt()[0]), 0)

    def test_more_than_a_tile(self):
        ledger = make.Ledger()
        for _ in range(300):
            ledger.block()
        self.assertEqual(self.judge(ledger), 0)
        self.assertEqual(self.judge(ledger, lambda on: on("tile/1/000.p/1", lambda raw: raw[::-1])), 9005)
        self.assertEqual(self.judge(ledger, lambda on: on("tile/0/001.p/44", lambda raw: raw[:-1])), 9001)

    def test_each_check_finds_its_own(self):
        ledger = dealt()[0]
        size = len(ledger.leaves)

        def flip(at):
            return lambda raw: raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]

        spoilt = [
            (9001, "handovers.json", lambda raw: raw + b"\n"), (9001, "state.jsonl", lambda raw: raw[:-1]), (9001, "checkpoint", lambda raw: raw[:-1]),
            (9001, f"tile/0/000.p/{size}", lambda raw: raw + raw[:32]), (9001, f"tile/entries/000.p/{size}", lambda raw: raw + b"\0"),
            (9002, "genesis.json", lambda raw: raw + b"\n"), (9003, "handovers.json", lambda raw: raw.replace(b'"index":5', b'"index":4')),
            (9004, "handovers.json", lambda raw: b"[]"), (9004, "checkpoint", lambda raw: raw.replace(b"node-3", b"node-4")),
            (9005, f"tile/0/000.p/{size}", flip(0)), (9005, f"tile/entries/000.p/{size}", flip(20)),
            (9006, f"tile/payloads/000.p/{size}", flip(9)), (9018, f"tile/payloads/000.p/{size}", flip(-2)),
            (9009, "state.jsonl", lambda raw: raw.split(b"\n", 1)[1]), (9009, "state.jsonl", lambda raw: raw.replace(b"count", b"kount")),
            (9018, "certificate.json", lambda raw: raw.replace(b'"round":0', b'"round":1')),
        ]
        for number, (code, path, change) in enumerate(spoilt):
            self.assertEqual(self.judge(ledger, lambda on: on(path, change)), code, f"case {number}: {path}")

    def test_dishonest_ledgers(self):
        d, _ = make.record("test.note/1", ["a"], {})
        for code, claims, writes in (
            (0, {}, {}), (9007, {"jti": "same"}, {}), (9013, {}, {"obj/b": "{}"}), (9013, {}, {"obj/a": '{"count":1,"head":""}'}), (9012, {}, {"member/trader": "{}"}),
        ):
            ledger = make.Ledger()
            ledger.block([ledger.sign("trader", [d], **claims)])
            ledger.block([ledger.sign("trader", [d], **claims)], writes=writes)
            self.assertEqual(self.judge(ledger), code, (claims, writes))


class Command(unittest.TestCase):
    def run_it(self, *arguments):
        """Exit code and standard output."""
        done = subprocess.run([sys.executable, os.path.join(HERE, "sealane_verify.py"), *arguments], capture_output=True, text=True)
        return done.returncode, done.stdout

    def test_exit_codes(self):
        genesis, bundle = os.path.join(VECTORS, "genesis.json"), os.path.join(VECTORS, "bundle-object-40.json")
        receipt, bad = os.path.join(VECTORS, "receipt-first.tlog-proof"), os.path.join(VECTORS, "bundle-bad-9013-swapped.json")
        ledger = sha256(read(genesis)).hex()
        self.assertEqual(self.run_it(bundle, "--genesis", genesis)[0], 0)
        code, out = self.run_it(bundle, "--ledger", ledger, "--json")
        self.assertEqual((code, json.loads(out)["holds"], json.loads(out)["ledger"]), (0, True, ledger))
        code, out = self.run_it(bad, "--ledger", ledger, "--json")
        self.assertEqual((code, json.loads(out)["code"], json.loads(out)["check"]), (3, 9013, "listing"))
        self.assertIn("9002 ledger", self.run_it(bundle, "--ledger", "0" * 64)[1])
        self.assertEqual(self.run_it(receipt, "--genesis", genesis)[0], 0)
        self.assertEqual(self.run_it(receipt, "--ledger", ledger)[0], 2)
        self.assertEqual(self.run_it(receipt)[0], 2)
        self.assertEqual(self.run_it(bundle, "--ledger", "x")[0], 2)
        self.assertEqual(self.run_it(os.path.join(VECTORS, "absent"), "--ledger", ledger)[0], 1)
        self.assertEqual(self.run_it(receipt, "--genesis", receipt)[0], 1)


if __name__ == "__main__":
    unittest.main()
