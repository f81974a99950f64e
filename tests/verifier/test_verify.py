"""The verifier against the worked example of FORMAT.md and against the vectors that all verifiers share."""

import json
import os
import random
import re
import subprocess
import sys
import time
import unittest

import chain
import checkpoint
import make
import merkle
import sealane_verify
from bundle import verify_bundle
from export import CERTIFICATE, Certificate
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
            vote = (
                b"sealane/vote/1\0"
                + self.ledger
                + b"\2"
                + (1).to_bytes(8, "big")
                + bytes(4)
                + b"\1"
                + block
                + v["vote"]
            )
            rows.append((v["vote"], make.Seed(n).sign(vote)))
        raw = CERTIFICATE + (1).to_bytes(8, "big") + bytes(4) + block + b"".join(k + s for k, s in sorted(rows))
        self.assertEqual(sha256(raw).hex(), self.line("certificate hash 1"))
        Certificate.of_bytes(raw).verify(self.ledger, 1, block, self.set)
        self.assertEqual(verdict(Certificate.of_bytes(raw).verify, self.ledger, 2, block, self.set), 9018)

    def test_trees(self):
        leaves = [
            self.bytes(f"leaf {n}, {kind}") for n, kind in enumerate(("transaction", "transaction", "block", "block"))
        ]
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
        genesis.id, genesis.origin, genesis.validators, genesis.witnesses = (
            self.ledger,
            "sealane.example/test",
            self.set,
            None,
        )
        receipt = self.section("8 receipt of record 1 with a handover").encode()
        facts = verify_receipt(receipt, genesis)
        self.assertEqual((facts["height"], facts["outcome"], facts["recordsSigned"]), (1, "accepted", 2))
        for name, value in (("presence", '{"qty":5}'), ("absence", None)):
            facts = verify_state_proof(self.section(f"8 state proof of {name}").strip().encode(), genesis)
            self.assertEqual((facts["value"], facts["height"], facts["newest"]), (value, 3, True))
        note = self.section("8 checkpoint")
        for count, members in (
            (4, self.set),
            (5, json.loads(self.section("8 its extra data"))["handovers"][0]["validators"]),
        ):
            some = members if count == 4 else chain.read_validators(members)
            self.assertEqual(
                verdict(checkpoint.Checkpoint(note, 9001).verify, genesis, some, 9004), 9004 if count == 4 else 0
            )


class Vectors(unittest.TestCase):
    """tests/vectors: files with the verdict that every verifier must give."""

    def setUp(self):
        self.genesis = chain.Genesis(read(VECTORS, "genesis.json"))
        self.verdicts = json.loads(read(VECTORS, "verdicts.json"))

    def judge(self, raw):
        """The verdict on a file's bytes."""
        return verdict(sealane_verify.verify, raw, self.genesis.id, self.genesis)

    def test_verdicts(self):
        self.assertGreater(len(self.verdicts), 100)
        for name, expected in self.verdicts.items():
            self.assertEqual(self.judge(read(VECTORS, name)), expected, name)

    def test_witnesses(self):
        folder = os.path.join(VECTORS, "witness")
        genesis = chain.Genesis(read(folder, "genesis.json"))
        text = checkpoint.policy_text(genesis.origin, genesis.validators, genesis.witnesses)
        self.assertEqual(text.encode(), read(folder, "policy.txt"))
        for name, expected in json.loads(read(folder, "verdicts.json")).items():
            self.assertEqual(verdict(sealane_verify.verify, read(folder, name), genesis.id, genesis), expected, name)

    def test_another_ledger(self):
        """Receipts and bundles name their ledger. A state proof names the origin and validators alone, so it holds for
        a second ledger that has both: PROOFS.md says that there must be none."""
        other = chain.Genesis(read(VECTORS, "genesis-other.json"))
        for name in (n for n, v in self.verdicts.items() if v == 0):
            code = verdict(sealane_verify.verify, read(VECTORS, name), other.id, other)
            self.assertEqual(code, 0 if name.startswith("state-") else 9002, name)

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

    def test_shared_mutations(self):
        """Changed files that every verifier judges: tests/vectors/mutations, verdict by verdict."""
        files, trusts = {}, {}
        start, lines = time.perf_counter(), read(VECTORS, "mutations", "5000.jsonl").splitlines()
        self.assertEqual(len(lines), 5000)
        for number, line in enumerate(map(json.loads, lines), 1):
            for name in [line["base"]] + [s[2][0] for s in line["splice"] if isinstance(s[2], list)]:
                files[name] = files.get(name) or read(VECTORS, name)
            name = line.get("trust", "genesis.json")
            genesis = trusts.setdefault(name, chain.Genesis(read(VECTORS, name)))
            check = {
                "b": lambda raw: verify_bundle(raw, genesis.id),
                "r": lambda raw: verify_receipt(raw, genesis),
            }.get(line["base"][0], lambda raw: verify_state_proof(raw, genesis))
            code = verdict(check, spliced(line, files))
            self.assertEqual(code, line["code"], f"line {number}")
            self.assertNotEqual(code, 0)
        print(f"5000 shared mutations: {time.perf_counter() - start:.1f} s")

    def test_sizes_and_times(self):
        for name in ("receipt-first.tlog-proof", "state-value.json", "bundle-receivable.json", "bundle-object-40.json"):
            raw, best = read(VECTORS, name), 9.0
            for _ in range(3):
                start = time.perf_counter()
                self.assertEqual(self.judge(raw), 0)
                best = min(best, time.perf_counter() - start)
            print(f"{name}: {len(raw)} bytes, {best * 1000:.1f} ms")
            self.assertLess(best, 1)


def spliced(line, files):
    """A file with splices: [place, how much goes, text or [file, place, length]], all places of the unchanged file."""
    raw, parts, at = files[line["base"]], [], 0
    for place, gone, come in line["splice"]:
        new = come.encode() if isinstance(come, str) else files[come[0]][come[1] : come[1] + come[2]]
        parts += [raw[at:place], new]
        at = place + gone
    return b"".join(parts + [raw[at:]])


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


class Command(unittest.TestCase):
    def run_it(self, *arguments):
        """Exit code and standard output."""
        done = subprocess.run(
            [sys.executable, os.path.join(HERE, "sealane_verify.py"), *arguments], capture_output=True, text=True
        )
        return done.returncode, done.stdout

    def test_exit_codes(self):
        genesis, bundle = os.path.join(VECTORS, "genesis.json"), os.path.join(VECTORS, "bundle-object-40.json")
        receipt, bad = os.path.join(VECTORS, "receipt-first.tlog-proof"), os.path.join(
            VECTORS, "bundle-bad-9013-swapped.json"
        )
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
