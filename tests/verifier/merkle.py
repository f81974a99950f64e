"""The log tree (RFC 6962, proofs as RFC 9162) and the sparse state tree: FORMAT.md, sections 6 and 7."""

from strict import sha256

PLACEHOLDER = b"SPARSE_MERKLE_PLACEHOLDER_HASH__"


def leaf_hash(leaf):
    """Hash of a log leaf."""
    return sha256(b"\x00" + leaf)


def node_hash(left, right):
    """Hash of an inner node of the log."""
    return sha256(b"\x01" + left + right)


def root_of(leaves):
    """Root of the tree over these leaf hashes, in one pass."""
    stack = []
    for count, leaf in enumerate(leaves, 1):
        stack.append(leaf)
        while count % 2 == 0:
            right = stack.pop()
            stack.append(node_hash(stack.pop(), right))
            count //= 2
    if not stack:
        return sha256(b"")
    root = stack.pop()
    while stack:
        root = node_hash(stack.pop(), root)
    return root


def inclusion_root(index, size, leaf, path):
    """The root that an inclusion proof gives (RFC 9162, 2.1.3.2), or None where the path has the wrong length."""
    if index >= size:
        return None
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return r if sn == 0 else None


def consistent(size1, root1, size2, root2, path):
    """Whether the tree of size2 begins with the one of size1 (RFC 9162, 2.1.4.2)."""
    if size1 == size2:
        return root1 == root2 and not path
    if size1 == 0 or size1 > size2:
        return size1 == 0 and not path
    path = list(path)
    if size1 & (size1 - 1) == 0:
        path.insert(0, root1)
    if not path:
        return False
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == root1 and sr == root2


def bit(key, i):
    """Bit i of a hash; 0 is the most significant of the first byte."""
    return key[i >> 3] >> (7 - (i & 7)) & 1


def state_leaf(key, value):
    """Node hash of a single entry."""
    return sha256(b"JMT::LeafNode" + key + value)


def state_node(left, right):
    """Node hash of more than one entry."""
    return sha256(b"JMT::IntrnalNode" + left + right)


def state_root_of(entries):
    """Root over (key hash, value hash) pairs of distinct keys."""

    def at(some, depth):
        if len(some) < 2:
            return state_leaf(*some[0]) if some else PLACEHOLDER
        halves = [[e for e in some if bit(e[0], depth) == b] for b in (0, 1)]
        return state_node(at(halves[0], depth + 1), at(halves[1], depth + 1))

    return at(list(entries), 0)


def state_root(key, value, leaf, siblings):
    """The state root under which a proof shows that the key hash has the value hash, or no value (None); None where the
    proof speaks of something else. leaf is the (key hash, value hash) met at the path's end, or None."""
    n = len(siblings)
    if n > 256:
        return None
    if value is not None:
        if leaf != (key, value):
            return None
    elif leaf is not None and (leaf[0] == key or any(bit(leaf[0], i) != bit(key, i) for i in range(n))):
        return None
    node = state_leaf(*leaf) if leaf else PLACEHOLDER
    for i, sibling in enumerate(siblings):
        node = state_node(sibling, node) if bit(key, n - 1 - i) else state_node(node, sibling)
    return node
