"""hmac: the codes of RFC 2202 and RFC 4231, and compare_digest."""

import hashlib
import hmac

print(hmac.new(b"\x0b" * 16, b"Hi There", "md5").hexdigest())
print(hmac.new(b"Jefe", b"what do ya want for nothing?", hashlib.sha1).hexdigest())
print(hmac.new(b"\xaa" * 131, b"Test Using Larger Than Block-Size Key", "sha256").hexdigest())
print(hmac.new(b"key", b"message", digestmod=hashlib.sha512).hexdigest())
h = hmac.new(b"key", digestmod="sha256")
h.update(b"mess")
copy = h.copy()
h.update(b"age")
print(h.name, h.digest_size, h.block_size, h.hexdigest(), h.digest() == hmac.digest(b"key", b"message", "sha256"))
print(copy.hexdigest() == hmac.new(b"key", b"mess", "sha256").hexdigest(), hmac.new(bytearray(b"key"), None, "md5").hexdigest())
print(hmac.compare_digest("abc", "abc"), hmac.compare_digest(b"abc", b"abd"), hmac.compare_digest(b"a", b"ab"), hmac.compare_digest("", ""))
for a, b in (("a", b"a"), ("\u00e9", "\u00e9"), (1, 1)):
    try:
        hmac.compare_digest(a, b)
    except TypeError as e:
        print(type(e).__name__)
for args in ((b"key", b"m"), ("key", b"m", "md5")):
    try:
        hmac.new(*args)
    except TypeError as e:
        print(type(e).__name__)
try:
    hmac.new(b"key", b"m", "nope")
except ValueError as e:
    print(type(e).__name__)
