"""Ed25519 verification (RFC 8032) by the one rule of FORMAT.md: S below the group order, A canonical and A and R not
of small order, no cofactor, and R must be the bytes that the equation gives.

Plain integers, because Python has no Ed25519 of its own and a verifier should still run in ten years, from disk, on
a machine that can install nothing. Nothing here is secret, so nothing needs constant time. Points are extended
homogeneous coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z on -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032, 5.1.4).
"""

import hashlib
from functools import lru_cache

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
D2 = 2 * D % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1, 1, 0)


def double(p):
    """2p (RFC 8032, 5.1.4)."""
    x, y, z, _ = p
    a, b = x * x % P, y * y % P
    h = a + b
    e = (h - (x + y) * (x + y)) % P
    g = a - b
    f = (2 * z * z + g) % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def add(p, q):
    """p + q; complete on this curve, so no case is special (RFC 8032, 5.1.4)."""
    x1, y1, z1, t1 = p
    x2, y2, z2, t2 = q
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = t1 * D2 % P * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(p):
    """-p."""
    return (P - p[0]) % P, p[1], p[2], (P - p[3]) % P


def compress(p):
    """The 32 bytes of a point (RFC 8032, 5.1.2)."""
    inverse = pow(p[2], -1, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decompress(raw):
    """The point of 32 canonical bytes, or None (RFC 8032, 5.1.3)."""
    if len(raw) != 32:
        return None
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * SQRT_M1 % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def is_small(p):
    """Whether 8p is the identity."""
    x, y, z, _ = double(double(double(p)))
    return x == 0 and y == z


def odd_multiples(p, count):
    """p, 3p, 5p, ..."""
    twice, row = double(p), [p]
    for _ in range(count - 1):
        row.append(add(row[-1], twice))
    return row


def signed_digits(n, width):
    """Lowest first, n as digits 0 or odd within ±2^(width-1), never two but zeros within a width (wNAF)."""
    digits = []
    while n:
        digit = 0
        if n & 1:
            digit = n & ((1 << width) - 1)
            if digit >> (width - 1):
                digit -= 1 << width
            n -= digit
        digits.append(digit)
        n >>= 1
    return digits


BASE = decompress((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
BASE_ROW = odd_multiples(BASE, 64)


def base_and(s, k, row):
    """[s]B + [k]Q, where row holds the odd multiples of Q up to 15."""
    a, b = signed_digits(s, 8), signed_digits(k, 5)
    result = IDENTITY
    for i in range(max(len(a), len(b)) - 1, -1, -1):
        result = double(result)
        for digits, table in ((a, BASE_ROW), (b, row)):
            if i < len(digits) and digits[i]:
                entry = table[abs(digits[i]) >> 1]
                result = add(result, entry if digits[i] > 0 else negate(entry))
    return result


@lru_cache(maxsize=1024)
def key_row(key):
    """Odd multiples of -A, or None where the 32 bytes are no key: not canonical, not on the curve, of small order."""
    point = decompress(key)
    if point is None or is_small(point):
        return None
    return odd_multiples(negate(point), 8)


def is_key(key):
    """Whether these bytes are a public key by FORMAT.md, section 1."""
    return key_row(bytes(key)) is not None


def verify(key, message, signature):
    """Whether the 64 bytes sign the message: [S]B - [k]A must be R, byte for byte."""
    row = key_row(bytes(key))
    if row is None or len(signature) != 64:
        return False
    r, s = bytes(signature[:32]), int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(r + bytes(key) + message).digest(), "little") % L
    expected = base_and(s, k, row)
    return compress(expected) == r and not is_small(expected)
