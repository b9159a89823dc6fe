"""Keyed message authentication (RFC 2104), with the interface of CPython's ``hmac``."""

import hashlib

_OUTER = bytes(i ^ 0x5C for i in range(256))
_INNER = bytes(i ^ 0x36 for i in range(256))


def _start(digestmod, data=b""):
    """Start a digest named by a string, or made by a function such as ``hashlib.sha256``."""
    if isinstance(digestmod, str):
        return hashlib.new(digestmod, data)
    if callable(digestmod):
        return digestmod(data)
    return digestmod.new(data)


class HMAC:
    """A running authentication code; `new` makes one."""

    def __init__(self, key, msg=None, digestmod=""):
        if not isinstance(key, (bytes, bytearray)):
            raise TypeError("key: expected bytes or bytearray, but got '%s'" % type(key).__name__)
        if not digestmod:
            raise TypeError("Missing required argument 'digestmod'.")
        self._inner = _start(digestmod)
        self._outer = _start(digestmod)
        self.digest_size = self._inner.digest_size
        self.block_size = self._inner.block_size
        if len(key) > self.block_size:
            key = _start(digestmod, key).digest()
        key = bytes(key) + bytes(self.block_size - len(key))
        self._inner.update(bytes([_INNER[b] for b in key]))
        self._outer.update(bytes([_OUTER[b] for b in key]))
        if msg is not None:
            self.update(msg)

    @property
    def name(self):
        return "hmac-" + self._inner.name

    def update(self, msg):
        self._inner.update(msg)

    def copy(self):
        other = object.__new__(HMAC)
        other._inner = self._inner.copy()
        other._outer = self._outer.copy()
        other.digest_size = self.digest_size
        other.block_size = self.block_size
        return other

    def _finish(self):
        outer = self._outer.copy()
        outer.update(self._inner.digest())
        return outer

    def digest(self):
        return self._finish().digest()

    def hexdigest(self):
        return self._finish().hexdigest()


def new(key, msg=None, digestmod=""):
    """Start an authentication code with *key*; *digestmod* is a name or a ``hashlib`` function."""
    return HMAC(key, msg, digestmod)


def digest(key, msg, digest):
    """Return the code of *msg* at once."""
    return HMAC(key, msg, digest).digest()


def compare_digest(a, b):
    """Tell whether two str (ASCII) or bytes-like values are equal, in a time that does not tell where they differ."""
    if isinstance(a, str) and isinstance(b, str):
        a = a.encode()
        b = b.encode()
        if max(a + b"\0") > 127 or max(b + b"\0") > 127:
            raise TypeError("comparing strings with non-ASCII characters is not supported")
    elif isinstance(a, str) or isinstance(b, str):
        raise TypeError("unsupported operand types(s) or combination of types")
    a = bytes(memoryview(a))
    b = bytes(memoryview(b))
    different = len(a) ^ len(b)
    for x, y in zip(a, b):
        different |= x ^ y
    return different == 0
