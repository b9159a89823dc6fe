"""base64 and binascii: encodings, decodings and their strictness."""

import base64
import binascii

samples = [b"", b"f", b"fo", b"foo", b"foob", b"fooba", b"foobar", bytes(range(256)), b"\xff\xfe\xfd", b"\0\0\0\0x"]
names = ["b64", "standard_b64", "urlsafe_b64", "b32", "b32hex", "b16", "b85", "a85"]
for name in names:
    for data in samples:
        encoded = getattr(base64, name + "encode")(data)
        print(name, encoded, getattr(base64, name + "decode")(encoded) == data)
print(base64.encodebytes(bytes(100)), base64.decodebytes(b"Zm9v\nYmFy\n"))
print(base64.b64encode(b"\xff\xfe\xfb", altchars=b"-_"), base64.b64decode("__77", altchars=b"-_"))
print(base64.b64decode("Zm9v YmFy\n"), base64.b64decode("Zg==Zg=="), base64.urlsafe_b64decode("-_-_"))
print(base64.b32decode("mzxw6===", casefold=True), base64.b16decode("aB", casefold=True))
print(base64.a85encode(b"    hello", foldspaces=True, adobe=True, wrapcol=8))
print(base64.a85decode(b"<~y87cURDZ~>", adobe=True, foldspaces=True))
for f in [
    lambda: base64.b64decode("Zg"),
    lambda: base64.b64decode("Z"),
    lambda: base64.b64decode("Zm9v*", validate=True),
    lambda: base64.b64encode("text"),
    lambda: base64.b64decode("é"),
    lambda: base64.b32decode("A"),
    lambda: base64.b32decode("1=======") ,
    lambda: base64.b16decode("ab"),
    lambda: base64.b85decode(b"\x01"),
    lambda: binascii.unhexlify("abc"),
    lambda: binascii.unhexlify("zz"),
    lambda: binascii.hexlify("x"),
]:
    try:
        print(f())
    except binascii.Error as e:
        print("Error", isinstance(e, ValueError))
    except Exception as e:
        print(type(e).__name__)
print(binascii.hexlify(b"\x01\xab\xff"), binascii.hexlify(b"\x01\xab\xff", "-"))
print(binascii.hexlify(b"\x01\xab\xff\x10\x20", b":", 2), binascii.b2a_hex(b"12345", "_", -2))
print(binascii.unhexlify("01abFF"), binascii.a2b_hex(b"00"))
print(binascii.crc32(b"hello"), binascii.crc32(b"lo", binascii.crc32(b"hel")))
print(binascii.b2a_base64(b"hi"), binascii.b2a_base64(b"hi", newline=False))
print(binascii.crc_hqx(b"123456789", 0))
