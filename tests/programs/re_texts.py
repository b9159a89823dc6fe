"""Subjects beyond ASCII, bytes, and what is neither."""

import re


def show(text):
    print([ord(c) for c in text])


text = "na\u00efve caf\u00e9 \u65e5\u672c\u8a9e \U0001f600!"
print([m.span() for m in re.finditer(r"\w+", text)], [m.span() for m in re.finditer(r"\S+", text)])
print(len(text), re.search("\U0001f600", text).span(), re.search("!", text).start(), re.search("[\u3000-\uffff]+", text).span())
for word in re.findall("[^ ]+", text):
    show(word)
show(re.sub("\u00e9", "e", "caf\u00e9"))
show(re.sub("(.)", "\u20ac\\1", "\u00e9a"))
show(re.split("\u2014", "a\u2014b\u2014\u00e9")[2])
print(re.compile(".").search(text, 3).span(), re.compile(r"\w").search(text, 5).span(), re.compile("f").search(text, 1, 8))
m = re.compile("caf(.)").search(text, 2)
print(m.pos, m.endpos, m.span(1), m.start())
print(len(re.findall("(?i)\u00c9", "\u00e9\u00c9e")), re.match("\u00c4\u0416\u03a3", "\u00e4\u0436\u03c3", re.I).span())
print(re.match("[\u00e0-\u00ff]+", "\u00c0\u00dd", re.I).span(), re.match(r"\w+", "\u00e9\u0416\u4e2d\u0661").end())
print(re.search(r"\s", "a\u00a0b").start(), re.search(r"\s", "a\u2003b").start(), re.search(r"\d+", "x\u0661\u0662").span())
print(re.search(r"(?<=\u00e9)b", "\u00e9b").span(), re.search(r"(?<!\u00e9)b", "\u00e9bab").span(), re.findall(r"\b", "\u00e9"))
print(re.match(".{3}", "\u00e9\U0001f600a").end(), re.match(".*a", "\u00e9\U0001f600ab").end(), re.match("(?:.\u00e9)+?b", "a\u00e9b").end())
print(re.search("\u00e9$", "\u00e9\n").span(), re.search("\\u00e9", "\u00e9").span(), re.search("[\\u00e8-\\u00ea]", "\u00e9").span())
big = "\u00e9a" * 500
print(sum(m.start() for m in re.finditer("a", big)), len(re.sub("a", "", big)), re.search("b", big))

data = b"key=\xff\x00val\n"
print(re.search(rb"=(.*)", data).group(1), re.findall(rb"[\x00-\x1f\xff]", data), re.sub(rb"\w+", b"<\\g<0>>", data))
print(re.split(rb"=|\n", data), re.match(rb"(?i)KEY", data).span(), re.compile(rb"\xff").search(data).span())
print(re.findall(b".", b"\xe9\xc3"), re.match(rb"\w", b"\xe9"), re.search(rb"\s", b"\x85\xa0"))
print(re.search(b"b", bytearray(b"abc")).group(), re.findall(b"b.", memoryview(b"abcb.")), re.sub(b"a", lambda m: b"b" + m[0], b"aa"))


class Name(str):
    pass


print(re.findall("a.", Name("abac")), re.sub("a", "b", Name("aa")), re.match("(a)", Name("a")).group(1))
for pattern, subject in (("a", b"a"), (b"a", "a"), ("a", 5), ("a", None), (b"a", ["a"]), (5, "a"), (None, "a"), (["a"], "a")):
    try:
        re.search(pattern, subject)
    except TypeError as e:
        print(type(e).__name__)
