"""Flags, given as arguments and inside the pattern."""

import re

text = "One\ntwo\nTHREE"
print(re.findall("^t\\w+", text, re.M), re.findall("^t\\w+", text, re.M | re.I), re.findall("o$", text, re.MULTILINE))
print(re.search("e.t", text), re.search("e.t", text, re.DOTALL).span(), re.search("(?s:e.)t", text).span())
print(re.findall("(?i)one|three", text), re.findall("(?i:t)w", "Tw TW tw"), re.findall("(?im)^t", text))
print(re.match("a(?-i:b)c", "ABC", re.I), re.match("a(?-i:b)c", "AbC", re.I).group())
number = re.compile(
    r"""
    (?P<sign> [+-] )?    # maybe a sign
    (?P<whole> \d+ )
    (?: \. (?P<part> \d* ) )?  # \# and [ ] are kept:
    [ ]* \# ?
    """,
    re.VERBOSE,
)
print(number.match("-12.5 #").groups(), number.flags & re.X == re.X)
print(re.sub("(?x) a  b # c\n d", "-", "abd ab d"), re.match("(?x)a\\ b", "a b").span(), re.findall("(?x: a b ) c", "ab c"))
print(re.compile("a").flags == re.UNICODE, re.compile(b"a").flags == 0, re.compile("(?i)a", re.M).flags == re.I | re.M | re.U)
print(re.compile("a", re.A).flags == re.A, re.I | re.M == 10, re.IGNORECASE == re.I, re.DOTALL == re.S)
print(re.findall("[a-c]+", "aBCd", re.I), re.findall("[^a-c]+", "aBCd", re.I), re.findall("[B]", "ab", re.I))
print(re.findall(r"(a)\1", "aA Aa aa", re.I), re.fullmatch("[A-Z_]+", "ab_c", re.I).group())
print(re.findall(r"\w+", "caf\u00e9", re.A), len(re.findall(r"\w+", "caf\u00e9")), re.findall(rb"\w+", b"caf\xc3\xa9"))

for pattern, flags in (
    ("(?i", 0), ("(?z)", 0), ("(?i-i:a)", 0), ("(?-a:a)", 0), ("(?au:a)", 0), ("(?L)a", 0),
    (b"(?u)a", 0), ("(?-:a)", 0), ("(?i-)", 0),
):
    try:
        re.compile(pattern, flags)
        print(pattern, "compiles")
    except re.error as e:
        print(pattern, "refused")
for pattern, flags in ((b"a", re.U), ("a", re.L), ("a", re.A | re.U), (re.compile("a"), re.I)):
    try:
        re.compile(pattern, flags)
    except ValueError as e:
        print(type(e).__name__)
