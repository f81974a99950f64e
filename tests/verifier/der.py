"""A strict DER reader (X.690): definite lengths in their shortest form, nothing left over. Refuses with 9016, for only
time tokens are DER here."""

from strict import need, Refused

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID, UTF8, UTC_TIME, GENERALIZED_TIME = 1, 2, 3, 4, 5, 6, 12, 23, 24
SEQUENCE, SET = 0x30, 0x31


class Node:
    """One value: its tag, its content, and all its bytes with the header."""

    def __init__(self, tag, body, whole):
        self.tag, self.body, self.whole = tag, body, whole

    def expect(self, tag):
        """Itself, if it has this tag."""
        need(self.tag == tag, 9016, f"DER: tag {self.tag:#x} where {tag:#x} belongs")
        return self

    def children(self):
        """The values inside a constructed one."""
        need(self.tag & 0x20, 9016, "DER: not constructed")
        return read_all(self.body)

    def reader(self):
        """A cursor over the values inside."""
        return Reader(self.children())

    def integer(self):
        """A whole number."""
        self.expect(INTEGER)
        b = self.body
        minimal = len(b) == 1 or len(b) > 1 and not (b[0] == 0 and b[1] < 128) and not (b[0] == 255 and b[1] >= 128)
        need(minimal, 9016, "DER: an integer not in its shortest form")
        return int.from_bytes(b, "big", signed=True)

    def oid(self):
        """An object identifier in dotted decimal form."""
        self.expect(OID)
        need(self.body and self.body[-1] < 128, 9016, "DER: a cut object identifier")
        numbers, value, fresh = [], 0, True
        for byte in self.body:
            need(not (fresh and byte == 0x80), 9016, "DER: an object identifier not in its shortest form")
            value, fresh = value << 7 | byte & 127, byte < 128
            if fresh:
                numbers.append(value)
                value = 0
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, [first, numbers[0] - 40 * first] + numbers[1:]))

    def boolean(self):
        """True or false."""
        self.expect(BOOLEAN)
        need(self.body in (b"\x00", b"\xff"), 9016, "DER: a boolean that is neither")
        return self.body == b"\xff"

    def bits(self):
        """The bytes of a bit string that has whole bytes."""
        self.expect(BITS)
        need(self.body[:1] == b"\x00", 9016, "DER: a bit string of broken bytes")
        return self.body[1:]


class Reader:
    """Takes values one after the other."""

    def __init__(self, nodes):
        self.nodes, self.at = nodes, 0

    def peek(self):
        """Tag of the next value, or None at the end."""
        return self.nodes[self.at].tag if self.at < len(self.nodes) else None

    def take(self, tag=None):
        """The next value, of this tag where one is named."""
        need(self.at < len(self.nodes), 9016, "DER: a value is missing")
        node = self.nodes[self.at]
        self.at += 1
        return node if tag is None else node.expect(tag)

    def maybe(self, tag):
        """The next value if it has this tag, else None."""
        return self.take() if self.peek() == tag else None

    def end(self):
        """Refuses where something is left."""
        need(self.at == len(self.nodes), 9016, "DER: something is left over")


def read_all(data):
    """The values that these bytes are, one after the other."""
    nodes, at = [], 0
    while at < len(data):
        try:
            tag, length, start = data[at], data[at + 1], at + 2
            need(tag & 31 != 31, 9016, "DER: a tag of several bytes")
            if length >= 128:
                count = length - 128
                need(1 <= count <= 4, 9016, "DER: a length that is open or too long")
                raw = data[start : start + count]
                length, start = int.from_bytes(raw, "big"), start + count
                need(len(raw) == count and raw[0] and length >= 128, 9016, "DER: a length not in its shortest form")
        except IndexError:
            raise Refused(9016, "DER: cut") from None
        need(start + length <= len(data), 9016, "DER: cut")
        nodes.append(Node(tag, data[start : start + length], data[at : start + length]))
        at = start + length
    return nodes


def read_one(data):
    """The single value that these bytes are."""
    nodes = read_all(data)
    need(len(nodes) == 1, 9016, "DER: not one value")
    return nodes[0]
