"""Ledgers made here, honest and not: every check must be the one that finds what was spoilt for it."""

import copy
import json
import os
import tempfile
import unittest

import make
from bundle import verify_bundle
from export import verify_export
from strict import base64url, sha256, write_json
from test_verify import VECTORS, read, verdict


def dealt():
    """A ledger with a sealed field, a refusal and a change of validators: (ledger, ids, bundle not yet sealed)."""
    ledger = make.Ledger(("trader", "bank"))
    sealed = make.disclose("price", "12")
    first, _ = make.record("test.note/1", ["order:1"], {"qty": 5}, [sealed])
    second, _ = make.record("test.note/1", ["order:2"], {"qty": 6})
    third, _ = make.record("test.note/1", ["order:1", "order:2"], {"qty": 7})
    ledger.block([ledger.sign("trader", [first, second])])
    ledger.block()
    ledger.block(
        [ledger.sign("bank", [third]), ledger.sign("bank", [first])], refused=(1,), next_=make.validators((3, 4, 5, 6))
    )
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
            (9001, put("format", "sealane-bundle/2")),
            (9001, put("page", "x")),
            (9001, put("subject", "kind", "order")),
            (9001, lambda v: v["state"].reverse()),
            (9001, lambda v: v["entries"].append(v["entries"][1])),
            (9001, put("entries", 0, "jwt", None)),
            (9001, put("block", "index", -1)),
            (9001, put("block", "index", True)),
            (9001, put("checkpoint", "x")),
            (9001, put("time", 5)),
            (9002, put("genesis", other.genesis.decode())),
            (9003, put("handovers", 0, "index", 0)),
            (9003, put("handovers", 0, "validators", [])),
            (9003, put("handovers", [ledger.handovers[0]] * 2)),
            (9004, put("handovers", [])),
            (9011, put("policy", "")),
            (9005, put("block", ledger.place(0))),
            (9005, put("entries", 0, "index", 1)),
            (9005, put("entries", 0, "path", [])),
            (9005, lambda v: v["entries"][0].update(leaf=entry["leaf"])),
            (9006, put("entries", 0, "jwt", entry["jwt"])),
            (9006, lambda v: v["entries"].insert(1, dict(ledger.place(2), jwt=None, records=[]))),
            (9008, put("entries", 0, "records", 0, "index", 1)),
            (9008, put("entries", 0, "records", 0, "index", 2)),
            (9009, put("state", 2, "value", None)),
            (9009, put("state", 3, "value", "{}")),
            (9009, put("state", 3, "key", "obj/order:4")),
            (9012, lambda v: v["state"].pop(1)),
            (9013, lambda v: v["state"].pop(2)),
            (9013, lambda v: v["entries"].pop(1)),
            (9013, lambda v: v["listings"][0]["records"].pop()),
            (9013, lambda v: v["listings"][0]["records"].reverse()),
            (9013, put("listings", 1, "records", [f"{ids[0].hex()}:0"])),
            (9013, put("listings", 0, "records", [f"{ids[2].hex()}:0"])),
            (9014, put("entries", 0, "records", 0, "sealed", [make.disclose("price", "13")])),
            (9014, put("entries", 0, "records", 0, "sealed", first["records"][0]["sealed"] * 2)),
            (9014, put("entries", 0, "records", 0, "sealed", ["x"])),
            (9015, put("subject", "id", "order:2")),
            (9015, put("subject", {"kind": "member", "id": "nobody"})),
            (9015, put("subject", {"kind": "receivable", "id": "x"})),
            (9016, put("time", "AAAA")),
        ]
        for number, (code, spoil) in enumerate(spoilt):
            value = copy.deepcopy(self.value)
            spoil(value)
            self.assertEqual(verdict(verify_bundle, make.seal(value), ledger.id), code, f"case {number}")

    def test_page(self):
        page = make.in_page(self.value)
        for changed in (
            page.replace(b"shown", b"shewn"),
            page.replace(b"-->", b"--"),
            page + b" ",
            b" " + page,
            page.replace(b"bundle:", b"bundle:="),
            page.replace(b"sealane-bundle", b"sealane-bundles"),
            make.seal(self.value) + b"\n",
            b"\xef\xbb\xbf" + make.seal(self.value),
        ):
            self.assertEqual(verdict(verify_bundle, changed, self.ledger.id), 9001)

    def test_keys_count_at_their_heights(self):
        for member, code in (
            ({"from": 2}, 9012),
            ({"until": 1}, 9012),
            ({"until": 2}, 0),
            ({"uses": ["api"]}, 9012),
            ({"uses": ["checker"]}, 0),
            ({"kid": make.Seed(9).kid}, 9012),
            ({"x": base64url(make.Seed(9).key)}, 9007),
            ({"since": 2}, 9012),
        ):
            ledger = make.Ledger()
            d, _ = make.record("test.note/1", ["a"], {})
            value = json.loads(ledger.state["member/trader"])
            (value if "since" in member else value["keys"][0]).update(member)
            ledger.block([ledger.sign("trader", [d])], writes={"member/trader": write_json(value)})
            listing = {"a": [f"{list(ledger.sent)[0].hex()}:0"]}
            bundle = ledger.bundle(
                ("object", "a"), [ledger.entry(list(ledger.sent)[0], [0])], listing, ["obj/a", "member/trader"]
            )
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

    def test_what_a_node_exported(self):
        folder = os.path.join(VECTORS, "ledger")
        facts = verify_export(folder, sha256(read(folder, "genesis.json")))
        self.assertEqual((facts["height"], facts["transactions"], facts["accepted"]), (51, 50, 49))
        self.assertEqual(verdict(verify_export, folder, bytes(32)), 9002)

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
            (9001, "handovers.json", lambda raw: raw + b"\n"),
            (9001, "state.jsonl", lambda raw: raw[:-1]),
            (9001, "checkpoint", lambda raw: raw[:-1]),
            (9001, f"tile/0/000.p/{size}", lambda raw: raw + raw[:32]),
            (9001, f"tile/entries/000.p/{size}", lambda raw: raw + b"\0"),
            (9002, "genesis.json", lambda raw: raw + b"\n"),
            (9003, "handovers.json", lambda raw: raw.replace(b'"index":5', b'"index":4')),
            (9004, "handovers.json", lambda raw: b"[]"),
            (9004, "checkpoint", lambda raw: raw.replace(b"node-3", b"node-4")),
            (9005, f"tile/0/000.p/{size}", flip(0)),
            (9005, f"tile/entries/000.p/{size}", flip(20)),
            (9006, f"tile/payloads/000.p/{size}", flip(9)),
            (9018, f"tile/payloads/000.p/{size}", flip(-2)),
            (9009, "state.jsonl", lambda raw: raw.split(b"\n", 1)[1]),
            (9009, "state.jsonl", lambda raw: raw.replace(b"count", b"kount")),
            (9018, "certificate.json", lambda raw: raw.replace(b'"round":0', b'"round":1')),
        ]
        for number, (code, path, change) in enumerate(spoilt):
            self.assertEqual(self.judge(ledger, lambda on: on(path, change)), code, f"case {number}: {path}")

    def test_dishonest_ledgers(self):
        d, _ = make.record("test.note/1", ["a"], {})
        for code, claims, writes in (
            (0, {}, {}),
            (9007, {"jti": "same"}, {}),
            (9013, {}, {"obj/b": "{}"}),
            (9013, {}, {"obj/a": '{"count":1,"head":""}'}),
            (9012, {}, {"member/trader": "{}"}),
        ):
            ledger = make.Ledger()
            ledger.block([ledger.sign("trader", [d], **claims)])
            ledger.block([ledger.sign("trader", [d], **claims)], writes=writes)
            self.assertEqual(self.judge(ledger), code, (claims, writes))


if __name__ == "__main__":
    unittest.main()
