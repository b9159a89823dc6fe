"""hashlib: every algorithm, in pieces and at once."""

import hashlib

NAMES = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]
for name in NAMES:
    make = getattr(hashlib, name)
    h = make(b"abc")
    print(name, h.name, h.digest_size, h.block_size, h.hexdigest(), h.digest()[:4])
    print(make().hexdigest(), make(usedforsecurity=False).hexdigest() == make(b"").hexdigest())
    # Around the lengths where the padding takes another block.
    print([make(b"x" * n).hexdigest()[:8] for n in (55, 56, 57, 63, 64, 65, 111, 112, 113, 127, 128, 129, 1000)])
    pieces = make()
    for n in range(40):
        pieces.update(bytes(range(n)))
    print(pieces.hexdigest() == make(b"".join(bytes(range(n)) for n in range(40))).hexdigest())
    copy = pieces.copy()
    copy.update(b"more")
    print(copy.hexdigest() != pieces.hexdigest(), copy.name, pieces.digest() == pieces.digest())
    print(hashlib.new(name, b"abc").hexdigest() == h.hexdigest(), hashlib.new(name.upper()).name)
    print(make(bytearray(b"abc")).digest() == h.digest(), make(memoryview(b"xabc")[1:]).digest() == h.digest())

print(set(NAMES) <= hashlib.algorithms_guaranteed, set(NAMES) <= hashlib.algorithms_available)
print(hashlib.sha256("caf\u00e9".encode("utf-8")).hexdigest(), hashlib.md5(b"a" * 100000).hexdigest())
for wrong in ("text", 5, None, [1]):
    try:
        hashlib.sha256(wrong)
    except TypeError as e:
        print(type(e).__name__)
    try:
        hashlib.md5().update(wrong)
    except TypeError as e:
        print(type(e).__name__)
for wrong in ("nope", "", "md55"):
    try:
        hashlib.new(wrong)
    except ValueError as e:
        print(type(e).__name__)
try:
    hashlib.new(5)
except TypeError as e:
    print(type(e).__name__)
print(hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 20).hex(), hashlib.pbkdf2_hmac("sha1", b"p" * 100, b"s", 3, 50).hex())
