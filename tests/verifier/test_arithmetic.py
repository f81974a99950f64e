"""What everything else rests on: signatures at their edges, trees by table, and JSON in one spelling."""

import json
import time
import unittest

import ed25519
import make
import merkle
from ed25519_cases import EDGES, RFC_8032
from strict import Refused, read_json, sha256, unbase64, unbase64url, write_json


class Signatures(unittest.TestCase):
    def test_rfc_8032(self):
        for seed, key, message, signature in RFC_8032:
            key, message, signature = map(bytes.fromhex, (key, message, signature))
            signer = make.Seed(bytes.fromhex(seed))
            self.assertEqual((signer.key, signer.sign(message)), (key, signature))
            self.assertTrue(ed25519.verify(key, message, signature))
            for i in range(0, 512, 7):
                changed = bytearray(signature)
                changed[i // 8] ^= 1 << i % 8
                self.assertFalse(ed25519.verify(key, message, bytes(changed)))
            self.assertFalse(ed25519.verify(key, message + b"x", signature))
            self.assertFalse(ed25519.verify(key, message, signature[:-1]))

    def test_edges(self):
        for number, (message, key, signature, good) in enumerate(EDGES):
            message, key, signature = map(bytes.fromhex, (message, key, signature))
            self.assertEqual(ed25519.verify(key, message, signature), good, f"case {number}")

    def test_s_plus_the_group_order(self):
        signer = make.Seed(1)
        signature = signer.sign(b"m")
        s = int.from_bytes(signature[32:], "little") + ed25519.L
        self.assertFalse(ed25519.verify(signer.key, b"m", signature[:32] + s.to_bytes(32, "little")))

    def test_the_eight_points_of_small_order_are_no_keys(self):
        eighth = ed25519.decompress(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))
        point, found = ed25519.IDENTITY, set()
        for _ in range(8):
            raw = ed25519.compress(point)
            found.add(raw)
            self.assertFalse(ed25519.is_key(raw))
            point = ed25519.add(point, eighth)
        self.assertEqual(len(found), 8)

    def test_encodings_that_are_no_keys(self):
        one, minus_zero = (1).to_bytes(32, "little"), bytearray((1).to_bytes(32, "little"))
        minus_zero[31] |= 128
        too_large = [(ed25519.P + k).to_bytes(32, "little") for k in range(19)]
        beside = (2).to_bytes(32, "little")
        for raw in [one, bytes(minus_zero), beside, b"", bytes(31), bytes(33)] + too_large:
            self.assertFalse(ed25519.is_key(raw), raw.hex())

    def test_quick_enough(self):
        signer, best = make.Seed(1), 1.0
        signature = signer.sign(b"m")
        for _ in range(20):
            start = time.perf_counter()
            self.assertTrue(ed25519.verify(signer.key, b"m", signature))
            best = min(best, time.perf_counter() - start)
        print(f"Ed25519 verification: {best * 1000:.2f} ms")
        self.assertLess(best, 0.010)


class LogTree(unittest.TestCase):
    # Inputs and roots of the RFC 6962 reference tests (certificate-transparency).
    INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    ROOTS = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    def test_roots(self):
        hashes = [merkle.leaf_hash(bytes.fromhex(i)) for i in self.INPUTS]
        for size, root in enumerate(self.ROOTS):
            self.assertEqual(merkle.root_of(hashes[:size]).hex(), root)

    def test_inclusion(self):
        hashes = [sha256(bytes([i])) for i in range(21)]
        for size in range(1, 21):
            root = merkle.root_of(hashes[:size])
            for index in range(size):
                path = make.path_to(index, hashes[:size])
                self.assertEqual(merkle.inclusion_root(index, size, hashes[index], path), root)
                for other in range(size + 2):
                    found = merkle.inclusion_root(other, size, hashes[index], path)
                    self.assertEqual(found == root, other == index, (size, index, other))
                self.assertNotEqual(merkle.inclusion_root(index, size, hashes[index], path + [root]), root)
                if path:
                    self.assertNotEqual(merkle.inclusion_root(index, size, hashes[index], path[:-1]), root)

    def test_consistency(self):
        hashes = [sha256(bytes([i])) for i in range(21)]
        roots = [merkle.root_of(hashes[:n]) for n in range(21)]
        for new in range(1, 21):
            for old in range(1, new + 1):
                path = make.consistency(old, hashes[:new])
                self.assertTrue(merkle.consistent(old, roots[old], new, roots[new], path), (old, new))
                self.assertFalse(merkle.consistent(old, roots[old - 1], new, roots[new], path))
                self.assertFalse(merkle.consistent(old, roots[old], new, roots[new], path + [roots[1]]))


class StateTree(unittest.TestCase):
    def test_every_key_and_absence(self):
        for count in (0, 1, 2, 3, 17, 60):
            state = {f"k{i}": str(i) for i in range(count)}
            root = merkle.state_root_of([(sha256(k.encode()), sha256(v.encode())) for k, v in state.items()])
            for key in [f"k{i}" for i in range(count + 40)]:
                proof = make.prove_state(state, key)
                leaf = proof["leaf"] and tuple(bytes.fromhex(h) for h in proof["leaf"].values())
                siblings, hashed = [bytes.fromhex(s) for s in proof["siblings"]], sha256(key.encode())
                value = sha256(state[key].encode()) if key in state else None
                self.assertEqual(merkle.state_root(hashed, value, leaf, siblings), root)
                wrong = None if value else sha256(b"x")
                self.assertNotEqual(merkle.state_root(hashed, wrong, leaf, siblings), root)
                self.assertNotEqual(merkle.state_root(hashed, value, leaf, siblings[:-1] + [root]), root)

    def test_absence_by_a_leaf_of_another_path_shows_nothing(self):
        state = {f"k{i}": str(i) for i in range(8)}
        proof = make.prove_state(state, "k0")
        leaf = tuple(bytes.fromhex(h) for h in proof["leaf"].values())
        siblings = [bytes.fromhex(s) for s in proof["siblings"]]
        for key in map(sha256, (b"k1", b"k2", b"elsewhere")):
            if any(merkle.bit(key, i) != merkle.bit(leaf[0], i) for i in range(len(siblings))):
                self.assertIsNone(merkle.state_root(key, None, leaf, siblings))
        self.assertIsNone(merkle.state_root(sha256(b"k0"), None, leaf, [bytes(32)] * 257))


class Json(unittest.TestCase):
    def test_refused(self):
        deep = b"[" * 33 + b"]" * 33
        for raw in [
            b'{"a":1,"a":2}',
            b'{"a":1,"\\u0061":2}',
            b'[{"a":{"b":1,"b":1}}]',
            b"1.0",
            b"1e0",
            b"-0",
            b"01",
            b"+1",
            b".5",
            b"1.",
            b"9007199254740992",
            b"-9007199254740992",
            b"1" * 5000,
            b"NaN",
            b"Infinity",
            b"-Infinity",
            b"[1,]",
            b'{"a":1,}',
            b"'a'",
            b'"\n"',
            b'"\t"',
            b'"\x00"',
            b'"\\x"',
            b'"\\u12"',
            b'"\\ud800"',
            b'"\\udc00\\ud800"',
            b'{"\\ud800":1}',
            b'"\xff"',
            b'"\xed\xa0\x80"',
            b'"\xc0\x80"',
            b"\xef\xbb\xbf1",
            b"",
            b" ",
            b"1 1",
            b"[1] x",
            b"// c\n1",
            b"tru",
            b"True",
            b"\x0b1",
            b"\xc2\xa01",
            deep,
            b"[" * 100000,
            b'{"a":' * 40 + b"1" + b"}" * 40,
            "１".encode(),
            "[\u0661]".encode(),
        ]:
            with self.assertRaises(Refused, msg=raw[:40]):
                read_json(raw)

    def test_taken(self):
        for raw, value in [
            (b" [ 1 , -1 ]\r\n\t", [1, -1]),
            (b"9007199254740991", 2**53 - 1),
            (b'"\\ud83d\\ude00"', "\U0001f600"),
            (b'{"b":1,"a":null}', {"b": 1, "a": None}),
            (b'"\\/"', "/"),
            (b"[" * 32 + b"]" * 32, json.loads("[" * 32 + "]" * 32)),
            (b'"\x7f"', "\x7f"),
            ('"\u2028"'.encode(), "\u2028"),
            (b"{}", {}),
            (b"true", True),
        ]:
            self.assertEqual(read_json(raw), value)

    def test_one_spelling(self):
        for value, written in [
            ('"\\/', '"\\"\\\\/"'),
            ("\b\f\n\r\t", '"\\b\\f\\n\\r\\t"'),
            ("\x00\x0b\x1f", '"\\u0000\\u000b\\u001f"'),
            ("\x7f\u2028\ufeff", '"\x7f\u2028\ufeff"'),
            ("中文é\U0001f600", '"中文é\U0001f600"'),
            ({"b": [1, None, True], "a": {}}, '{"b":[1,null,true],"a":{}}'),
            (-5, "-5"),
        ]:
            self.assertEqual(write_json(value), written)
            self.assertEqual(read_json(written.encode()), value)

    def test_base64(self):
        self.assertEqual((unbase64url("_-8"), unbase64("/+8=")), (b"\xff\xef", b"\xff\xef"))
        for wrong in ("_-9", "_-8=", "/+8", "_", "_-8 ", "_-8\n", "é"):
            with self.assertRaises(Refused, msg=wrong):
                unbase64url(wrong)
        for wrong in ("/+9=", "/+8", "/+8==", "_-8=", "/+8=\n", "=", "/+8=/+8=", "é", b"/+8=\n"):
            with self.assertRaises(Refused, msg=wrong):
                unbase64(wrong)


if __name__ == "__main__":
    unittest.main()
