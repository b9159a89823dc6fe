"""Encodings other than UTF-8, and what is no UTF-8."""
import codecs

texts = ["", "abc", "é", "€uro", "a\u0100b", "😀", "tab\t\x7f\x80\xff"]
for encoding in ("utf-8", "UTF_8", "ascii", "latin-1", "cp1252", "iso-8859-1", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
    for errors in ("strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace"):
        for text in texts:
            try:
                data = text.encode(encoding, errors)
                back = data.decode(encoding)
                print(encoding, errors, data, back == text if errors == "strict" else ascii(back))
            except UnicodeError as error:
                print(type(error).__name__, error, error.start, error.end, error.reason, error.encoding, error.object == text)
datas = [b"", b"abc", b"\xff", b"a\xc3", b"a\xc3\xa9b", b"\xe2\x82", b"\xe2\x82x", b"\xe2\x28\xa1", b"\xf0\x9f\x98\x80", b"\xf0\x9f\x98", b"\xc1x", b"\x80\x81\x8d\x93", b"\xff\xfea\x00", b"\xfe\xff\x00a", b"a\x00\x3d\xd8\x00\xde", b"\xf5\x80"]
for encoding in ("utf-8", "ascii", "latin-1", "cp1252", "utf-8-sig", "utf-16-le", "utf-16-be"):
    for errors in ("strict", "ignore", "replace", "backslashreplace", "surrogateescape"):
        for data in datas:
            try:
                print(encoding, errors, data, ascii(data.decode(encoding, errors)))
            except UnicodeError as error:
                print(type(error).__name__, error, error.start, error.end, error.reason)
print(b"\xff a \xe9".decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape"))
print(b"x\xff".decode(errors="ignore"), b"x\xe9".decode(encoding="latin-1"), "é".encode(encoding="latin-1"), "é€".encode("ascii", errors="replace"))
print(str(b"x\xff", errors="replace"), str(b"x\xe9", "latin-1"), bytes("é", "latin-1"), bytes("é", encoding="utf-8"))
print(bytearray(b"x\xe9").decode("latin-1"), str(bytearray(b"\xc3\xa9"), "utf-8"), codecs.encode("é", "latin-1"), codecs.decode(b"\xe9", "latin-1"))
print(codecs.lookup("UTF8").name, codecs.BOM_UTF8, "a".encode("US-ASCII"), b"a".decode("Latin1"))
for make in (
    lambda: "a".encode("nope"),
    lambda: b"a".decode("nope"),
    lambda: "\ud800".encode(),
    lambda: "a\udcff".encode("latin-1"),
    lambda: b"\xff".decode("utf-8", "nope"),
    lambda: "é".encode("ascii", "nope"),
    lambda: str("abc", "utf-8"),
    lambda: bytes("abc"),
):
    try:
        print(make())
    except (LookupError, ValueError, TypeError) as error:
        print(type(error).__name__, error)
