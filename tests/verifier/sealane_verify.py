#!/usr/bin/env python3
"""Checks what Sealane proves, without Sealane: receipts, state proofs, evidence bundles and whole exported ledgers.

    python3 sealane_verify.py FILE --genesis genesis.json
    python3 sealane_verify.py BUNDLE --ledger <64 hex digits> [--tsa CERT.pem]
    python3 sealane_verify.py FOLDER --ledger <64 hex digits>

Written from chain-core/PROOFS.md and chain-core/FORMAT.md alone, as a second opinion on them and on the Rust code.
Python 3.9 or later and its standard library are all it needs: no package to install, no network, so that it still runs
where and when an evidence file is disputed. That is why it brings its own Ed25519, RSA, ECDSA and DER reading
(ed25519.py, publickey.py, der.py): the standard library has none, and verification handles no secret that slow or
uneven arithmetic could give away.

Exit code: 0 it holds; 3 it does not, with number and name of the check (PROOFS.md); 2 wrong usage; 1 unreadable file.
"""

import argparse
import json
import os
import re
import sys

from bundle import verify_bundle
from chain import Genesis
from export import verify_export
from proofs import RECEIPT_FIRST_LINE, STATE_FORMAT, verify_receipt, verify_state_proof
from strict import CHECKS, Refused
from timestamp import read_pem

RECEIPT = RECEIPT_FIRST_LINE.encode()
STATE_PROOF = f'{{"format":"{STATE_FORMAT}"'.encode()


def verify(raw, ledger, genesis=None, anchor=None):
    """What the file is and proves. ledger: the trusted id, 32 bytes; genesis: the trusted file, which receipts and
    state proofs need; anchor: a TSA's certificate in DER. Raises Refused."""
    if raw.startswith(RECEIPT):
        return verify_receipt(raw, genesis)
    if raw.startswith(STATE_PROOF):
        return verify_state_proof(raw, genesis)
    return verify_bundle(raw, ledger, anchor)


def needs_genesis(raw):
    """Whether the file brings no genesis along."""
    return raw.startswith((RECEIPT, STATE_PROOF))


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Checks a Sealane receipt, state proof, evidence bundle or exported ledger."
    )
    parser.add_argument("file", help="the file, or the folder of an exported ledger")
    trust = parser.add_mutually_exclusive_group(required=True)
    trust.add_argument("--genesis", help="the ledger's genesis file, from a party you trust")
    trust.add_argument("--ledger", help="the ledger's id: 64 hexadecimal digits, from a party you trust")
    parser.add_argument("--tsa", help="PEM certificate of a time authority that you trust, or of the one above it")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    args = parser.parse_args()
    if args.ledger is not None and not re.fullmatch("[0-9a-f]{64}", args.ledger):
        parser.error("--ledger: not 64 lower-case hexadecimal digits")
    return parser, args


def read(path):
    """A file's bytes."""
    with open(path, "rb") as f:
        return f.read()


def run():
    """Exit code of the command."""
    parser, args = arguments()
    folder = os.path.isdir(args.file)
    try:
        raw = None if folder else read(args.file)
        genesis = Genesis(read(args.genesis)) if args.genesis else None
        anchor = read_pem(read(args.tsa)) if args.tsa else None
    except (OSError, Refused) as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 1
    if raw is not None and genesis is None and needs_genesis(raw):
        parser.error("this file brings no genesis along: give --genesis instead of --ledger")
    ledger = genesis.id if genesis else bytes.fromhex(args.ledger)
    try:
        facts = verify_export(args.file, ledger) if folder else verify(raw, ledger, genesis, anchor)
    except Refused as refused:
        answer = {"holds": False, "code": refused.code, "check": CHECKS[refused.code], "why": refused.why}
        print(json.dumps(answer, ensure_ascii=False) if args.json else f"DOES NOT HOLD: {refused}")
        return 3
    if args.json:
        print(json.dumps({"holds": True, **facts}, ensure_ascii=False))
    else:
        print("IT HOLDS")
        for name, value in facts.items():
            rows = (
                value
                if isinstance(value, list)
                else [f"{k}: {v}" for k, v in value.items()] if isinstance(value, dict) else [value]
            )
            for row in rows:
                print(f"  {name:14} {row}")
    return 0


if __name__ == "__main__":
    sys.exit(run())
