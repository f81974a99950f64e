"""A whole ledger in a folder: FORMAT.md, sections 12 and 13, and PROOFS.md, "A whole ledger"."""

import os

import ed25519
from bundle import record_key
from chain import BlockLeaf, Genesis, TransactionLeaf, follow, read_handovers, read_key, set_hash
from checkpoint import Checkpoint, quorum_of
from merkle import leaf_hash, node_hash, root_of, state_root_of
from proofs import as_text
from strict import Refused, base64url, fields, integer, items, need, read_json, sha256, unbase64url, unhex, write_json
from transaction import MAX_BYTES, Record, Transaction

WIDTH = 256
CERTIFICATE = b"sealane/certificate/1\n"


def canonical(raw):
    """JSON that is what writing it again gives."""
    value = read_json(raw)
    need(write_json(value).encode() == raw, 9001, "JSON not in the one spelling")
    return value


def tile_path(level, number, width):
    """The path of a tile as C2SP tlog-tiles spells it."""
    groups = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03}")
    return "/".join(["tile", str(level)] + groups) + (f".p/{width}" if width < WIDTH else "")


def tiles_of(count):
    """(number, width) of the tiles that hold so many items."""
    return [(n, min(WIDTH, count - n * WIDTH)) for n in range((count + WIDTH - 1) // WIDTH)]


def framed(raw, count, prefix):
    """Items that each have their length before them, in so many bytes."""
    result, at = [], 0
    for _ in range(count):
        length = int.from_bytes(raw[at : at + prefix], "big")
        need(at + prefix + length <= len(raw), 9001, "a bundle is cut")
        result.append(raw[at + prefix : at + prefix + length])
        at += prefix + length
    need(at == len(raw), 9001, "something is left over in a bundle")
    return result


class Certificate:
    """Height, round, block and (key, signature) of each signer."""

    def __init__(self, height, round_, block, signatures):
        self.height, self.round, self.block, self.signatures = height, round_, block, signatures

    @classmethod
    def of_bytes(cls, raw):
        """As the next header hashes it: FORMAT.md, section 4."""
        head = len(CERTIFICATE)
        rows = raw[head + 44 :]
        need(
            raw[:head] == CERTIFICATE and len(raw) >= head + 44 and len(rows) % 96 == 0, 9018, "a malformed certificate"
        )
        pairs = [(rows[i : i + 32], rows[i + 32 : i + 96]) for i in range(0, len(rows), 96)]
        height, round_ = int.from_bytes(raw[head : head + 8], "big"), int.from_bytes(raw[head + 8 : head + 12], "big")
        return cls(height, round_, raw[head + 12 : head + 44], pairs)

    @classmethod
    def of_json(cls, raw):
        """As `certificate.json`."""
        data = fields(canonical(raw), ["height", "round", "block", "signatures"], what="certificate")
        pairs = []
        for row in items(data["signatures"], what="signatures"):
            need(isinstance(row, list) and len(row) == 2, 9001, "certificate: a signature is a key and a signature")
            key, signature = read_key(row[0], 9001, "signer"), unbase64url(row[1], what="signature")
            need(len(signature) == 64, 9001, "certificate: a signature of another length")
            pairs.append((key, signature))
        height, round_ = integer(data["height"], what="height"), integer(data["round"], 2**32 - 1, what="round")
        return cls(height, round_, unhex(data["block"], what="block"), pairs)

    def verify(self, ledger, height, block, validators):
        """Refuses (9018) unless a quorum of these validators decided this block."""
        need(self.height == height and self.block == block, 9018, f"the certificate is not the one of block {height}")
        keys = [key for key, _ in self.signatures]
        need(all(a < b for a, b in zip(keys, keys[1:])), 9018, f"block {height}: signers do not ascend")
        need(set(keys) <= {v["vote"] for v in validators}, 9018, f"block {height}: signed by a stranger")
        need(len(keys) >= quorum_of(len(validators)), 9018, f"block {height}: no quorum decided it")
        for key, signature in self.signatures:
            vote = b"sealane/vote/1\x00" + ledger + b"\x02" + height.to_bytes(8, "big")
            vote += self.round.to_bytes(4, "big") + b"\x01" + block + key
            need(ed25519.verify(key, vote, signature), 9018, f"block {height}: a precommit is not valid")


class Log:
    """The root of a log that grows (RFC 6962)."""

    def __init__(self):
        self.size, self.stack = 0, []

    def push(self, hash_):
        """Appends a leaf hash."""
        self.stack.append(hash_)
        self.size += 1
        count = self.size
        while count % 2 == 0:
            right = self.stack.pop()
            self.stack[-1] = node_hash(self.stack[-1], right)
            count //= 2

    def root(self):
        """Root of what was appended."""
        root = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            root = node_hash(left, root)
        return root


class Export:
    """A folder, checked step by step; the first check that fails is named."""

    def __init__(self, folder, ledger):
        self.folder = folder
        genesis, note = self.file("genesis.json"), as_text(self.file("checkpoint"))
        handovers = read_handovers(canonical(self.file("handovers.json")))
        self.certificate = Certificate.of_json(self.file("certificate.json"))
        self.state = {}
        lines = as_text(self.file("state.jsonl")).split("\n")
        need(lines.pop() == "", 9001, "state.jsonl: the last line has no end")
        order = []
        for line in lines:
            row = canonical(line.encode())
            shaped = isinstance(row, list) and len(row) == 2 and all(isinstance(v, str) for v in row)
            need(shaped, 9001, "state.jsonl: not [key, value]")
            order.append(row[0].encode())
            self.state[row[0]] = row[1]
        checkpoint = self.checkpoint = Checkpoint(note, 9001)
        need(sha256(genesis) == ledger, 9002, "the folder is of another ledger")
        self.genesis = Genesis(genesis)
        held = follow(self.genesis, handovers, checkpoint.size)
        self.times = checkpoint.verify(self.genesis, held, 9004)
        need(checkpoint.size > 0, 9004, "the checkpoint is of an empty log")
        entries = self.check_tree()
        self.read_leaves(entries, handovers)
        payloads = self.bundles("payloads", 4)
        self.check_payloads(payloads)
        self.check_blocks(payloads, handovers)
        need(all(a < b for a, b in zip(order, order[1:])), 9009, "state.jsonl: keys do not ascend")
        pairs = [(sha256(k.encode()), sha256(v.encode())) for k, v in self.state.items()]
        need(state_root_of(pairs) == self.blocks[-1][1].state_root, 9009, "the state is not the last block's")
        for _, leaf, tx, _ in self.transactions:
            tx.check_signature(record_key(self.state.get(f"member/{tx.issuer}"), tx.kid, leaf.height))
        self.check_listings()

    def file(self, path):
        """A file of the folder."""
        try:
            with open(os.path.join(self.folder, *path.split("/")), "rb") as f:
                return f.read()
        except OSError as error:
            raise Refused(9001, f"{path}: {error.strerror}") from None

    def bundles(self, kind, prefix):
        """All items of entry or payload bundles, in log order."""
        found = []
        for number, width in tiles_of(self.checkpoint.size):
            found += framed(self.file(tile_path(kind, number, width)), width, prefix)
        return found

    def check_tree(self):
        """Step 5: the entries, and that all hash tiles follow from them and give the checkpoint's root."""
        entries = self.bundles("entries", 2)
        hashes, level = [leaf_hash(e) for e in entries], 0
        self.hashes, root = hashes, root_of(hashes)
        while hashes:
            for number, width in tiles_of(len(hashes)):
                path = tile_path(level, number, width)
                tile = self.file(path)
                need(len(tile) == 32 * width, 9001, f"{path}: has another width")
                wanted = b"".join(hashes[number * WIDTH : number * WIDTH + width])
                need(tile == wanted, 9005, f"{path}: not the hashes of what lies below")
            full = len(hashes) // WIDTH
            hashes = [root_of(hashes[n * WIDTH : (n + 1) * WIDTH]) for n in range(full)]
            level += 1
        need(root == self.checkpoint.root, 9005, "the entries are not the log of the checkpoint")
        return entries

    def read_leaves(self, entries, handovers):
        """Step 6: blocks without a gap, and every handover at its place."""
        self.blocks, self.leaves, waiting = [], [], []
        found = []
        previous, time = set_hash(self.genesis.validators), self.genesis.time
        for place, raw in enumerate(entries):
            height = len(self.blocks) + 1
            if raw[:2] == b"\x01\x01":
                leaf = TransactionLeaf(raw)
                need(leaf.height == height and leaf.place == len(waiting), 9006, f"leaf {place}: out of order")
                waiting.append(place)
                self.leaves.append((place, leaf))
                continue
            leaf = BlockLeaf(raw)
            need(leaf.height == height and leaf.time > time, 9006, f"leaf {place}: height or time out of order")
            need(leaf.validators == previous, 9006, f"leaf {place}: other validators than were named")
            self.blocks.append((place, leaf, waiting))
            previous, time, waiting = leaf.next_validators, leaf.time, []
            if leaf.next_validators != leaf.validators and place + 1 < len(entries):
                found.append((place, base64url(raw)))
        need(not waiting, 9006, "the log does not end with a block leaf")
        need(found == [(h.index, h.leaf) for h in handovers], 9003, "the handovers are not those of the log")

    def check_payloads(self, payloads):
        """Step 7: what each transaction leaf commits to."""
        self.transactions, used = [], set()
        for place, leaf in self.leaves:
            raw = payloads[place]
            need(len(raw) <= MAX_BYTES and raw.isascii(), 9007, f"payload {place}: not a transaction")
            jwt, *disclosures = raw.decode("ascii").split("~")
            need(leaf.jwt_hash == sha256(jwt.encode()), 9006, f"payload {place}: the leaf is of another JWT")
            tx = Transaction(jwt, self.genesis.id)
            need(tx.id == leaf.id, 9006, f"payload {place}: the leaf is of another transaction")
            whole = len(disclosures) == len(tx.digests) + 1 and disclosures[-1] == ""
            need(whole, 9008, f"payload {place}: not one disclosure for each record")
            for number, disclosure in enumerate(disclosures[:-1]):
                tx.check_disclosure(number, disclosure)
            need((tx.issuer, tx.jti) not in used, 9007, f"payload {place}: its jti was used before")
            used.add((tx.issuer, tx.jti))
            self.transactions.append((place, leaf, tx, [Record(d) for d in disclosures[:-1]]))

    def check_blocks(self, payloads, handovers):
        """Step 8: every header made again, chained by hashes and decided by a quorum."""
        log, hashed, sets = Log(), self.genesis.id, [(h.index, h.validators) for h in handovers]
        validators = before = self.genesis.validators
        for place, leaf, waiting in self.blocks:
            while sets and sets[0][0] < place:
                validators = sets.pop(0)[1]
            need(leaf.previous == hashed, 9018, f"block {leaf.height}: names another block before it")
            proposer, certificate = payloads[place][:32], payloads[place][32:]
            known = proposer in {v["vote"] for v in validators}
            need(known, 9018, f"block {leaf.height}: proposed by a stranger")
            need((leaf.height > 1) == bool(certificate), 9018, f"block {leaf.height}: a certificate missing or odd")
            if certificate:
                Certificate.of_bytes(certificate).verify(self.genesis.id, leaf.height - 1, hashed, before)
            sent = b"".join(len(payloads[p]).to_bytes(4, "big") + payloads[p] for p in waiting)
            for p in waiting + [place]:
                log.push(self.hashes[p])
            header = b"sealane/block/1\n\x00\x00" + (1).to_bytes(2, "big") + self.genesis.id
            header += leaf.height.to_bytes(8, "big") + leaf.time.to_bytes(8, "big") + proposer + hashed
            header += (sha256(certificate) if certificate else bytes(32)) + sha256(sent)
            header += (
                log.size.to_bytes(8, "big") + log.root() + leaf.state_root + leaf.validators + leaf.next_validators
            )
            hashed, before = sha256(header), validators
        self.certificate.verify(self.genesis.id, self.blocks[-1][1].height, hashed, validators)

    def check_listings(self):
        """Step 11: every object's chain is the state's, and the state has no other."""
        chains = {}
        for _, leaf, tx, records in self.transactions:
            for number, record in enumerate(records if leaf.accepted else []):
                for code in record.objects:
                    count, head = chains.get(code, (0, bytes(32)))
                    chains[code] = count + 1, sha256(head + tx.id + number.to_bytes(2, "big"))
        made = {f"obj/{c}": write_json({"count": n, "head": h.hex()}) for c, (n, h) in chains.items()}
        held = {key: value for key, value in self.state.items() if key.startswith("obj/")}
        need(made == held, 9013, "the objects' chains are not those of the state")

    def facts(self):
        """What was proved."""
        last = self.blocks[-1][1]
        return {
            "kind": "ledger",
            "ledger": self.genesis.id.hex(),
            "height": last.height,
            "time": last.time,
            "leaves": self.checkpoint.size,
            "transactions": len(self.transactions),
            "accepted": sum(leaf.accepted for _, leaf, _, _ in self.transactions),
            "records": sum(len(records) for _, _, _, records in self.transactions),
            "stateKeys": len(self.state),
            "stateRoot": last.state_root.hex(),
            "cosigned": [f"{member} {seconds}" for member, seconds in self.times],
        }


def verify_export(folder, ledger):
    """A folder, for the ledger id that is trusted."""
    return Export(folder, ledger).facts()
