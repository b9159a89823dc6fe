"""CPython's secrets: numbers from the host, one by one."""

from random import SystemRandom

DEFAULT_ENTROPY = 32
_rng = SystemRandom()
choice = _rng.choice
randbits = _rng.getrandbits


def randbelow(exclusive_upper_bound):
    if exclusive_upper_bound <= 0:
        raise ValueError("Upper bound must be positive.")
    return _rng._below(exclusive_upper_bound)


def token_bytes(nbytes=None):
    return _rng.randbytes(DEFAULT_ENTROPY if nbytes is None else nbytes)


def token_hex(nbytes=None):
    return token_bytes(nbytes).hex()


def token_urlsafe(nbytes=None):
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(token_bytes(nbytes)).rstrip(b"=").decode()


def compare_digest(a, b):
    if isinstance(a, str) and isinstance(b, str):
        if len(a) != len(a.encode()) or len(b) != len(b.encode()):
            raise TypeError("comparing strings with non-ASCII characters is not supported")
        a, b = a.encode(), b.encode()
    elif isinstance(a, str) or isinstance(b, str):
        raise TypeError("a bytes-like object is required, not 'str'")
    difference = len(a) ^ len(b)
    for x, y in zip(a, b):
        difference |= x ^ y
    return difference == 0
