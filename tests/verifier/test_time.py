"""Time tokens by RSA and ECDSA, against tests/vectors/time, and inside a bundle."""

import base64
import json
import os
import time
import unittest

import make
import timestamp
from bundle import verify_bundle
from strict import Refused, sha256, write_json
from test_made import dealt
from test_verify import VECTORS, read, verdict

TIME = os.path.join(VECTORS, "time")
IMPRINT = sha256(b"hello")


class Tokens(unittest.TestCase):
    def test_verdicts(self):
        for case in json.loads(read(TIME, "verdicts.json")):
            token, anchor = read(TIME, case["token"]), case["anchor"] and timestamp.read_pem(read(TIME, case["anchor"]))
            imprint, start = bytes.fromhex(case["imprint"]), time.perf_counter()
            self.assertEqual(verdict(timestamp.verify_token, token, imprint, anchor), case["code"], case)
            if case["code"] == 0 and anchor:
                took = (time.perf_counter() - start) * 1000
                print(f"{case['token']} under {case['anchor']}: {len(token)} bytes, {took:.1f} ms")

    def test_of_another_document(self):
        self.assertEqual(verdict(timestamp.verify_token, read(TIME, "p256-sha256.tst"), sha256(b"hallo")), 9016)

    def test_a_changed_byte_never_changes_what_is_said(self):
        """Bytes that nobody signed (the list of hashes of SignedData) may change; what the token says does not."""
        for name, anchor, step in (("p256-sha256.tst", "ca_ec", 3), ("rsa-sha256.tst", "ca_rsa", 5)):
            token, der = read(TIME, name), timestamp.read_pem(read(TIME, f"{anchor}.pem"))
            said, unnoticed = timestamp.verify_token(token, IMPRINT, der), 0
            for place in range(0, len(token), step):
                for change in (1, 128):
                    changed = token[:place] + bytes([token[place] ^ change]) + token[place + 1 :]
                    try:
                        self.assertEqual(timestamp.verify_token(changed, IMPRINT, der), said)
                        unnoticed += 1
                    except Refused as refused:
                        self.assertEqual(refused.code, 9016)
            self.assertLess(unnoticed, 20)

    def test_cut(self):
        token = read(TIME, "p256-sha256.tst")
        for end in range(0, len(token), 7):
            self.assertEqual(verdict(timestamp.verify_token, token[:end], IMPRINT), 9016)
        self.assertEqual(verdict(timestamp.verify_token, token + b"\0", IMPRINT), 9016)

    def test_a_bundle_with_a_token(self):
        raw, ledger = read(TIME, "bundle.json"), sha256(read(TIME, "bundle-genesis.json"))
        good, other = (timestamp.read_pem(read(TIME, f"{name}.pem")) for name in ("ca_ec", "ca_rsa"))
        self.assertIn("nobody vouches", verify_bundle(raw, ledger)["timestamp"])
        self.assertRegex(verify_bundle(raw, ledger, good)["timestamp"], r"^2026-11-22T[0-9:]{8}Z by .*p256$")
        self.assertEqual(verdict(verify_bundle, raw, ledger, other), 9016)

    def test_a_token_of_another_bundle(self):
        ledger, _, value = dealt()
        value = dict(value, time=base64.b64encode(read(TIME, "p256-sha256.tst")).decode())
        self.assertEqual(verdict(verify_bundle, make.seal(value), ledger.id), 9016)
        document = write_json({k: v for k, v in value.items() if k != "time"})
        self.assertNotEqual(sha256(document.encode()), IMPRINT)


if __name__ == "__main__":
    unittest.main()
