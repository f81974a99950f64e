"""RSA PKCS#1 v1.5 (RFC 8017) and ECDSA on P-256 and P-384 (FIPS 186-5), verification only, in plain integers: Python
has neither, and a time authority signs with one of them."""

import hashlib

from der import read_one
from strict import Refused, need

RSA, EC = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"
HASHES = {
    "2.16.840.1.101.3.4.2.1": ("sha256", "3031300d060960864801650304020105000420"),
    "2.16.840.1.101.3.4.2.2": ("sha384", "3041300d060960864801650304020205000430"),
    "2.16.840.1.101.3.4.2.3": ("sha512", "3051300d060960864801650304020305000440"),
}
# Signature algorithms that name their hash: (kind of key, hash).
SIGNATURES = {
    "1.2.840.113549.1.1.11": (RSA, "2.16.840.1.101.3.4.2.1"),
    "1.2.840.113549.1.1.12": (RSA, "2.16.840.1.101.3.4.2.2"),
    "1.2.840.113549.1.1.13": (RSA, "2.16.840.1.101.3.4.2.3"),
    "1.2.840.10045.4.3.2": (EC, "2.16.840.1.101.3.4.2.1"),
    "1.2.840.10045.4.3.3": (EC, "2.16.840.1.101.3.4.2.2"),
    "1.2.840.10045.4.3.4": (EC, "2.16.840.1.101.3.4.2.3"),
}
# Curves with a = -3: prime, b, order, base point.
CURVES = {
    "1.2.840.10045.3.1.7": (
        0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    "1.3.132.0.34": (
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
        0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    ),
}


def digest(algorithm, data):
    """Hash by its object identifier: SHA-256, SHA-384 or SHA-512."""
    need(algorithm in HASHES, 9016, f"another hash, {algorithm}")
    return hashlib.new(HASHES[algorithm][0], data).digest()


def algorithm_of(node):
    """(object identifier, the bytes of its parameters) of an AlgorithmIdentifier."""
    r = node.expect(0x30).reader()
    found = r.take().oid()
    parameters = r.take().whole if r.peek() is not None else b""
    r.end()
    return found, parameters


def no_parameters(parameters):
    """Refuses unless the parameters are absent or NULL."""
    need(parameters in (b"", b"\x05\x00"), 9016, "an algorithm with odd parameters")


class PublicKey:
    """A subjectPublicKeyInfo."""

    def __init__(self, node):
        r = node.expect(0x30).reader()
        self.kind, parameters = algorithm_of(r.take())
        raw = r.take().bits()
        r.end()
        if self.kind == RSA:
            no_parameters(parameters)
            parts = read_one(raw).expect(0x30).reader()
            self.n, self.e = parts.take().integer(), parts.take().integer()
            parts.end()
            need(2048 <= self.n.bit_length() <= 8192, 9016, "an RSA key below 2048 bits, or above 8192")
            need(3 <= self.e < 2**32 and self.e & 1, 9016, "an odd RSA exponent")
        elif self.kind == EC:
            curve = read_one(parameters).oid()
            need(curve in CURVES, 9016, f"another curve, {curve}")
            self.curve = p, b, _, _, _ = CURVES[curve]
            size = (p.bit_length() + 7) // 8
            need(len(raw) == 1 + 2 * size and raw[0] == 4, 9016, "not an uncompressed point")
            x, y = int.from_bytes(raw[1 : 1 + size], "big"), int.from_bytes(raw[1 + size :], "big")
            need(x < p and y < p and (y * y - x * x * x + 3 * x - b) % p == 0, 9016, "a point beside the curve")
            self.point = x, y, 1
        else:
            raise Refused(9016, f"another kind of key, {self.kind}")

    def verify(self, algorithm, message, signature):
        """Whether this is a signature with this hash (by its object identifier) over the message."""
        hashed = digest(algorithm, message)
        if self.kind == RSA:
            size = (self.n.bit_length() + 7) // 8
            number = int.from_bytes(signature, "big")
            info = bytes.fromhex(HASHES[algorithm][1]) + hashed
            padded = b"\x00\x01" + b"\xff" * (size - 3 - len(info)) + b"\x00" + info
            return (
                len(signature) == size
                and number < self.n
                and pow(number, self.e, self.n).to_bytes(size, "big") == padded
            )
        p, _, order, gx, gy = self.curve
        parts = read_one(signature).expect(0x30).reader()
        r, s = parts.take().integer(), parts.take().integer()
        parts.end()
        if not (0 < r < order and 0 < s < order):
            return False
        z = int.from_bytes(hashed, "big") >> max(0, 8 * len(hashed) - order.bit_length())
        inverse = pow(s, -1, order)
        x, _, zz = self.twice(z * inverse % order, (gx, gy, 1), r * inverse % order, self.point)
        return zz != 0 and x * pow(zz * zz, -1, p) % p % order == r

    def twice(self, a, g, b, q):
        """[a]G + [b]Q in Jacobian coordinates, bit by bit from the top."""
        both, result = self.add(g, q), (1, 1, 0)
        for i in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
            result = self.double(result)
            which = (a >> i & 1) + 2 * (b >> i & 1)
            if which:
                result = self.add(result, (g, q, both)[which - 1])
        return result

    def double(self, point):
        """2P for a = -3."""
        x, y, z = point
        p = self.curve[0]
        if y == 0 or z == 0:
            return 1, 1, 0
        zz, yy = z * z % p, y * y % p
        s, m = 4 * x * yy % p, 3 * (x - zz) * (x + zz) % p
        x3 = (m * m - 2 * s) % p
        return x3, (m * (s - x3) - 8 * yy * yy) % p, 2 * y * z % p

    def add(self, one, two):
        """P + Q."""
        (x1, y1, z1), (x2, y2, z2) = one, two
        p = self.curve[0]
        if z1 == 0 or z2 == 0:
            return two if z1 == 0 else one
        zz1, zz2 = z1 * z1 % p, z2 * z2 % p
        u1, u2, s1, s2 = x1 * zz2 % p, x2 * zz1 % p, y1 * zz2 * z2 % p, y2 * zz1 * z1 % p
        h, r = (u2 - u1) % p, (s2 - s1) % p
        if h == 0:
            return self.double(one) if r == 0 else (1, 1, 0)
        hh = h * h % p
        hhh, v = h * hh % p, u1 * hh % p
        x3 = (r * r - hhh - 2 * v) % p
        return x3, (r * (v - x3) - s1 * hhh) % p, h * z1 * z2 % p
