"""PBKDF2 (RFC 8018) with HMAC, for `hashlib`."""

import hashlib


def pbkdf2_hmac(hash_name, password, salt, iterations, dklen=None):
    """Password based key derivation function 2 (PKCS #5 v2.0) with HMAC as its function."""
    if not isinstance(hash_name, str):
        raise TypeError("expected 'str' for name, but got %s" % type(hash_name))
    inner, outer = hashlib.new(hash_name), hashlib.new(hash_name)
    if dklen is None:
        dklen = inner.digest_size
    if iterations < 1:
        raise ValueError("iteration value must be greater than 0.")
    if dklen < 1:
        raise ValueError("key length must be greater than 0.")
    key = bytes(memoryview(password))
    if len(key) > inner.block_size:
        key = hashlib.new(hash_name, key).digest()
    key = key.ljust(inner.block_size, b"\0")
    inner.update(bytes(byte ^ 0x36 for byte in key))
    outer.update(bytes(byte ^ 0x5C for byte in key))

    def keyed(message):
        first, second = inner.copy(), outer.copy()
        first.update(message)
        second.update(first.digest())
        return second.digest()

    derived = b""
    block = 0
    while len(derived) < dklen:
        block += 1
        digest = keyed(bytes(memoryview(salt)) + block.to_bytes(4, "big"))
        total = int.from_bytes(digest, "big")
        for _ in range(iterations - 1):
            digest = keyed(digest)
            total ^= int.from_bytes(digest, "big")
        derived += total.to_bytes(len(digest), "big")
    return derived[:dklen]
