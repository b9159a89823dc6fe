"""uuid."""

import uuid
from uuid import UUID

u = UUID("12345678-1234-5678-1234-567812345678")
print(u, repr(u), u.hex, u.int, u.bytes, u.bytes_le, u.fields, u.urn, u.version, u.variant)
for args in [{"hex": "{12345678123456781234567812345678}"}, {"int": 5}, {"bytes": b"\x12\x34\x56\x78" * 4}, {"bytes_le": b"\x78\x56\x34\x12" * 4},
             {"fields": (0x12345678, 0x1234, 0x5678, 0x12, 0x34, 0x567812345678)}, {"int": 1 << 127, "version": 4}]:
    x = UUID(**args)
    print(x, x == u, x.time_low, x.clock_seq, x.node, x.version)
r = uuid.uuid4()
print(r.version, r.variant == uuid.RFC_4122, r != uuid.uuid4(), len(str(r)), UUID(str(r)) == r, uuid.uuid1().version)
print(uuid.uuid3(uuid.NAMESPACE_DNS, "python.org"), uuid.uuid5(uuid.NAMESPACE_DNS, "python.org"), uuid.uuid5(uuid.NAMESPACE_URL, "x"))
print(u < UUID(int=u.int + 1), sorted([UUID(int=2), UUID(int=1)])[0], hash(u) == hash(UUID(int=u.int)), {u: 1}[UUID(u.hex)], int(u) == u.int)
for f in [lambda: UUID("xyz"), lambda: UUID(), lambda: UUID(int=-1), lambda: UUID(bytes=b"1"), lambda: UUID(hex="g" * 32), lambda: u < 5,
          lambda: UUID(int=1, version=9)]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
print(u == "12345678-1234-5678-1234-567812345678", f"{u}", "%s" % u)
