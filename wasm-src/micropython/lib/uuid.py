"""CPython's uuid; uuid1 takes a random node, as the sandbox has no network address."""

RESERVED_NCS = "reserved for NCS compatibility"
RFC_4122 = "specified in RFC 4122"
RESERVED_MICROSOFT = "reserved for Microsoft compatibility"
RESERVED_FUTURE = "reserved for future definition"


class UUID:
    def __init__(
        self, hex=None, bytes=None, bytes_le=None, fields=None, int=None, version=None
    ):
        given = [x for x in (hex, bytes, bytes_le, fields, int) if x is not None]
        if len(given) != 1:
            raise TypeError(
                "one of the hex, bytes, bytes_le, fields, or int arguments must be given"
            )
        if hex is not None:
            digits = hex.replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", "")
            if len(digits) != 32:
                raise ValueError("badly formed hexadecimal UUID string")
            int = _int(digits, 16)
        elif bytes_le is not None:
            if len(bytes_le) != 16:
                raise ValueError("bytes_le is not a 16-char string")
            bytes = _swapped(bytes_le)
        elif fields is not None:
            if len(fields) != 6:
                raise ValueError("fields is not a 6-tuple")
            int = 0
            for value, bits in zip(fields, (32, 16, 16, 8, 8, 48)):
                if not 0 <= value < 1 << bits:
                    raise ValueError("field out of range (need a %d-bit value)" % bits)
                int = int << bits | value
        if bytes is not None:
            if len(bytes) != 16:
                raise ValueError("bytes is not a 16-char string")
            int = _int.from_bytes(bytes, "big")
        if not 0 <= int < 1 << 128:
            raise ValueError("int is out of range (need a 128-bit value)")
        if version is not None:
            if not 1 <= version <= 5:
                raise ValueError("illegal version number")
            int = int & ~(0xF000 << 64) & ~(0xC000 << 48) | version << 76 | 0x8000 << 48
        self.int = int

    @property
    def hex(self):
        return "%032x" % self.int

    @property
    def bytes(self):
        return self.int.to_bytes(16, "big")

    @property
    def bytes_le(self):
        return _swapped(self.bytes)

    @property
    def fields(self):
        n = self.int
        return (
            n >> 96,
            n >> 80 & 0xFFFF,
            n >> 64 & 0xFFFF,
            n >> 56 & 0xFF,
            n >> 48 & 0xFF,
            n & 0xFFFFFFFFFFFF,
        )

    time_low = property(lambda self: self.fields[0])
    time_mid = property(lambda self: self.fields[1])
    time_hi_version = property(lambda self: self.fields[2])
    clock_seq_hi_variant = property(lambda self: self.fields[3])
    clock_seq_low = property(lambda self: self.fields[4])
    node = property(lambda self: self.fields[5])
    clock_seq = property(lambda self: (self.fields[3] & 0x3F) << 8 | self.fields[4])
    time = property(
        lambda self: (self.fields[2] & 0xFFF) << 48 | self.fields[1] << 32 | self.fields[0]
    )
    urn = property(lambda self: "urn:uuid:" + str(self))

    @property
    def variant(self):
        bits = self.int >> 61 & 7
        if bits < 4:
            return RESERVED_NCS
        if bits < 6:
            return RFC_4122
        return RESERVED_MICROSOFT if bits == 6 else RESERVED_FUTURE

    @property
    def version(self):
        return self.int >> 76 & 0xF if self.variant == RFC_4122 else None

    def __str__(self):
        h = self.hex
        return "-".join([h[:8], h[8:12], h[12:16], h[16:20], h[20:]])

    def __repr__(self):
        return "UUID('%s')" % self

    def __int__(self):
        return self.int

    def __hash__(self):
        return hash(self.int)

    def __eq__(self, other):
        return self.int == other.int if isinstance(other, UUID) else NotImplemented

    def __lt__(self, other):
        return self.int < other.int if isinstance(other, UUID) else NotImplemented

    def __le__(self, other):
        return self.int <= other.int if isinstance(other, UUID) else NotImplemented

    def __gt__(self, other):
        return self.int > other.int if isinstance(other, UUID) else NotImplemented

    def __ge__(self, other):
        return self.int >= other.int if isinstance(other, UUID) else NotImplemented


_int = int


def _swapped(b):
    return bytes([b[i] for i in (3, 2, 1, 0, 5, 4, 7, 6)]) + b[8:]


def getnode():
    from _mt19937 import urandom

    return int.from_bytes(urandom(6), "big") | 1 << 40


def uuid1(node=None, clock_seq=None):
    import time
    from _mt19937 import urandom

    # Units of 100 ns since 15 October 1582.
    now = time.time_ns() // 100 + 0x01B21DD213814000
    if clock_seq is None:
        clock_seq = int.from_bytes(urandom(2), "big")
    fields = (
        now & 0xFFFFFFFF,
        now >> 32 & 0xFFFF,
        now >> 48 & 0xFFF,
        clock_seq >> 8 & 0x3F,
        clock_seq & 0xFF,
        getnode() if node is None else node,
    )
    return UUID(fields=fields, version=1)


def _named(digest, namespace, name, version):
    name = name.encode() if isinstance(name, str) else name
    return UUID(bytes=digest(namespace.bytes + name).digest()[:16], version=version)


def uuid3(namespace, name):
    from hashlib import md5

    return _named(md5, namespace, name, 3)


def uuid4():
    from _mt19937 import urandom

    return UUID(bytes=urandom(16), version=4)


def uuid5(namespace, name):
    from hashlib import sha1

    return _named(sha1, namespace, name, 5)


NAMESPACE_DNS = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
NAMESPACE_URL = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
NAMESPACE_OID = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")
NAMESPACE_X500 = UUID("6ba7b814-9dad-11d1-80b4-00c04fd430c8")
