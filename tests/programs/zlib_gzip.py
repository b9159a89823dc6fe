"""gzip.compress and gzip.decompress; base64 and hex as data usually travels."""

import base64
import binascii
import gzip
import zlib

text = ("The quick brown fox jumps over the lazy dog. " * 20).encode()
packed = gzip.compress(text)
print(packed[:4], len(packed) < len(text), gzip.decompress(packed) == text, zlib.decompress(packed, 31) == text)
print(gzip.compress(b"", mtime=0)[:4], gzip.decompress(gzip.compress(b"", 1)), gzip.compress(b"x", 9, mtime=1)[4:8])
print(gzip.decompress(gzip.compress(b"one ") + gzip.compress(b"two")), gzip.decompress(b""), gzip.decompress(gzip.compress(b"z") + b"\0\0"))
named = b"\x1f\x8b\x08\x18\0\0\0\0\0\x03name\0comment\0" + zlib.compressobj(9, 8, -15).flush() + b"\0" * 8
print(gzip.decompress(named))
for damaged in (b"not gzip", packed[:-1], packed[:5], packed[:-5] + b"\1" + packed[-4:], packed[:-1] + b"\1", packed + b"junk"):
    try:
        gzip.decompress(damaged)
    except (OSError, EOFError) as e:
        print(type(e).__name__)
print(issubclass(gzip.BadGzipFile, OSError))
print(binascii.hexlify(b"\x00\xffab"), binascii.unhexlify("00ff6162"), binascii.crc32(b"hello"), binascii.a2b_base64(b"aGVsbG8="))
print(binascii.b2a_base64(b"hello"), binascii.b2a_base64(b"hello", newline=False), binascii.hexlify(b"abc", ":"))
print(gzip.decompress(base64.b64decode(base64.b64encode(gzip.compress(b"travels")))))
