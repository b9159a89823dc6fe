"""zlib: there and back in every container, streams, checksums, damage."""

import zlib

SAMPLES = [b"", b"a", b"hello world " * 50, bytes(range(256)) * 8, b"\0" * 5000, bytes(i * i % 251 for i in range(3000))]
for data in SAMPLES:
    print(len(data), zlib.crc32(data), zlib.adler32(data), zlib.crc32(data, 7), zlib.adler32(data, 7))
    for wbits in (15, -15, 31, 9, -9, 25):
        for level in (-1, 0, 1, 6, 9):
            stream = zlib.compressobj(level, zlib.DEFLATED, wbits)
            packed = stream.compress(data[:100]) + stream.compress(data[100:]) + stream.flush()
            assert zlib.decompress(packed, wbits) == data, (wbits, level)
            unpacker = zlib.decompressobj(wbits)
            out = b"".join(unpacker.decompress(packed[i : i + 50]) for i in range(0, len(packed), 50)) + unpacker.flush()
            assert out == data and unpacker.eof and unpacker.unused_data == b"", (wbits, level)
    assert zlib.decompress(zlib.compress(data)) == data == zlib.decompress(zlib.compress(data, 9), 47)
    assert zlib.decompress(zlib.compress(data, level=1)) == data
print(len(zlib.compress(b"abc" * 1000)) < 100, zlib.compress(b"")[:2], zlib.compress(b"abc", 9)[:2], zlib.compress(b"abc", 1)[:2])

# What the zlib library itself made, with codes of its own.
packed = bytes.fromhex(
    "78da9d8d4b0ac3300c44af32abac4a2f513ac62676aae28f1cdb8d72fb3a94420aa59bbe9d34a337"
)
print(zlib.decompressobj().decompress(packed) != b"")
packed = bytes.fromhex("789c4bcc4b2c4949cc4dcd2b00001acb0452")
try:
    print(zlib.decompress(packed))
except zlib.error:
    print("damaged")

stream = zlib.compressobj()
first = stream.compress(b"one ") + stream.flush(zlib.Z_SYNC_FLUSH)
unpacker = zlib.decompressobj()
print(unpacker.decompress(first), unpacker.eof)
print(unpacker.decompress(stream.compress(b"two") + stream.flush() + b"rest"), unpacker.eof, unpacker.unused_data)
unpacker = zlib.decompressobj()
packed = zlib.compress(b"0123456789" * 100)
part = unpacker.decompress(packed, 30)
rest = b""
while unpacker.unconsumed_tail:
    rest += unpacker.decompress(unpacker.unconsumed_tail, 100)
print(part, len(part + rest + unpacker.flush()))
stream = zlib.compressobj()
stream.compress(b"start ")
other = stream.copy()
ends = [s.compress(t) + s.flush() for s, t in ((stream, b"one"), (other, b"two"))]
print(len(ends), zlib.decompress(zlib.compress(b"x") + b"tail"))

packed = zlib.compress(b"some text to be damaged " * 10)
for damaged in (b"", b"x", packed[:-1], packed[:-4], packed[:8], b"abc" + packed, packed[:-1] + b"\0", packed[:2] + b"\xff" * 20, b"\x78\x9c\x07"):
    try:
        zlib.decompress(damaged)
        print("fine")
    except zlib.error as e:
        print(type(e).__name__)
for action in (
    lambda: zlib.compress("text"), lambda: zlib.decompress(5), lambda: zlib.crc32("text"), lambda: zlib.compress(),
):
    try:
        action()
    except TypeError as e:
        print(type(e).__name__)
try:
    zlib.compress(b"", 12)
except zlib.error as e:
    print(e)
try:
    zlib.decompressobj(wbits=5)
except ValueError as e:
    print(type(e).__name__)
print(issubclass(zlib.error, Exception), zlib.MAX_WBITS, zlib.Z_BEST_COMPRESSION, zlib.Z_DEFAULT_COMPRESSION)
