"""struct."""

import struct

for fmt, values in [("<bBhHiIqQ", (-1, 255, -2, 65535, -3, 2**32 - 1, -4, 2**64 - 1)), (">If", (1, 1.5)), ("!d", (0.1,)), ("<e", (1.5,)), ("3B", (1, 2, 3)),
                    ("<3sx2H", (b"abcd", 1, 2)), ("<?c", (True, b"x")), ("<5p", (b"ab",)), ("<5s", (b"ab",)), ("<0s", (b"",)), ("= 2h I", (1, 2, 3)),
                    ("<lL", (-5, 5)), (">2?", (0, [1])), ("<s", (b"xy",)), ("<3c", (b"a", b"b", b"c")), ("", ())]:
    data = struct.pack(fmt, *values)
    print(fmt, data, struct.unpack(fmt, data), struct.calcsize(fmt))
s = struct.Struct("<HB")
print(s.size, s.format, s.pack(1, 2), s.unpack(b"\x01\x00\x02"), list(s.iter_unpack(b"\x01\0\x02\x03\0\x04")))
buffer = bytearray(8)
struct.pack_into("<HH", buffer, 2, 1, 2)
print(buffer, struct.unpack_from("<H", buffer, 4), struct.unpack_from("<H", buffer, -4), list(struct.iter_unpack(">H", bytes(4))))
print(struct.unpack("<f", struct.pack("<f", 0.1)), struct.unpack(">I", bytearray(b"\0\0\1\0")), struct.unpack("<H", memoryview(b"\1\2")))
for f in [lambda: struct.pack("<B", 300), lambda: struct.pack("<b", -200), lambda: struct.pack("<I"), lambda: struct.pack("<I", "a"), lambda: struct.pack("<B", 1, 2),
          lambda: struct.unpack("<I", b"a"), lambda: struct.unpack("<B", b"12"), lambda: struct.calcsize("z"), lambda: struct.pack("<s", "a"), lambda: struct.pack("<i", 1.5),
          lambda: struct.unpack_from("<I", b"abc"), lambda: struct.pack("<c", b"ab"), lambda: struct.pack_into("<I", bytearray(3), 0, 1), lambda: struct.calcsize("<3"),
          lambda: struct.pack("<f", "x"), lambda: list(struct.iter_unpack("<H", b"abc")), lambda: struct.calcsize("<n")]:
    try:
        print(f())
    except struct.error:
        print("error")
print(issubclass(struct.error, Exception), struct.calcsize("bi"), struct.calcsize("ih"))
