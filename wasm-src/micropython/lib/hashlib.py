"""Message digests, with the interface of CPython's ``hashlib``; the work is in the C module ``_hash``."""

from _hash import new as _new

algorithms_guaranteed = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"}
algorithms_available = set(algorithms_guaranteed)


def new(name, data=b"", *, usedforsecurity=True):
    """Start the digest called *name*, as in ``new("sha256", b"...")``."""
    if not isinstance(name, str):
        raise TypeError("name must be a string")
    found = _new(name.lower().replace("-", ""), data)
    if found is None:
        raise ValueError("unsupported hash type " + name)
    return found


def md5(string=b"", *, usedforsecurity=True):
    return _new("md5", string)


def sha1(string=b"", *, usedforsecurity=True):
    return _new("sha1", string)


def sha224(string=b"", *, usedforsecurity=True):
    return _new("sha224", string)


def sha256(string=b"", *, usedforsecurity=True):
    return _new("sha256", string)


def sha384(string=b"", *, usedforsecurity=True):
    return _new("sha384", string)


def sha512(string=b"", *, usedforsecurity=True):
    return _new("sha512", string)


def pbkdf2_hmac(hash_name, password, salt, iterations, dklen=None):
    """Derive a key of *dklen* bytes (default: the digest's size) from *password* by PBKDF2."""
    inner = new(hash_name)
    size = inner.digest_size
    if dklen is None:
        dklen = size
    if dklen < 1:
        raise ValueError("key length must be greater than 0.")
    if iterations < 1:
        raise ValueError("iteration value must be greater than 0.")
    password = bytes(password)
    if len(password) > inner.block_size:
        password = new(hash_name, password).digest()
    password += bytes(inner.block_size - len(password))
    outer = new(hash_name, bytes([b ^ 0x5C for b in password]))
    inner.update(bytes([b ^ 0x36 for b in password]))

    def mac(message):
        first = inner.copy()
        first.update(message)
        second = outer.copy()
        second.update(first.digest())
        return second.digest()

    key = b""
    for number in range(1, (dklen + size - 1) // size + 1):
        block = mac(bytes(salt) + number.to_bytes(4, "big"))
        total = int.from_bytes(block, "big")
        for _ in range(iterations - 1):
            block = mac(block)
            total ^= int.from_bytes(block, "big")
        key += total.to_bytes(size, "big")
    return key[:dklen]
