"""Match and pattern objects: attributes, methods, bounds, representation."""

import re

pattern = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)(-(?P<day>\d\d))?")
m = pattern.search("due 2024-05, not 2023-01-02")
print(m.group(), m.group(0), m.group(1), m.group("month"), m.group(1, "month", 4))
print(m[0], m["year"], m[2], m[3])
print(m.groups(), m.groups("-"), m.groups(default=""))
print(sorted(m.groupdict().items()) == [("day", None), ("month", "05"), ("year", "2024")])
print(sorted(m.groupdict("00").items()), sorted(m.groupdict(default="?").items()))
print(m.start(), m.end(), m.span(), m.start("month"), m.end(2), m.span("day"), m.regs)
print(m.lastindex, m.lastgroup, m.pos, m.endpos, m.string, m.re is pattern)
print(repr(m), bool(m))
print(m.expand(r"\g<month>/\1 \g<0>\n[\4]"))
print(pattern.pattern, pattern.groups, sorted(pattern.groupindex.items()), pattern.flags)
print(repr(re.compile("a'b")), repr(re.compile(b"x", re.I | re.S)), repr(re.compile("(?m)^a")))
print(isinstance(m, re.Match), isinstance(pattern, re.Pattern))
print(re.compile(pattern) is pattern, re.compile("a") == re.compile("a"), re.compile("a") == re.compile("b"))
print(len({re.compile("a"), re.compile("a"), re.compile("a", re.I)}))

for wrong in (5, -1, "none", None, 1.5):
    try:
        m.group(wrong)
    except IndexError as e:
        print(type(e).__name__, e)
for action in (lambda: m.start(9), lambda: m["x"], lambda: m[7], lambda: m.span("x")):
    try:
        action()
    except IndexError as e:
        print(type(e).__name__, e)

words = re.compile(r"\w+")
print(words.match("ab cd", 3), words.match("ab cd", 2), words.search("ab cd", 1, 2), words.fullmatch("ab cd", 3, 5))
print(words.findall("ab cd ef", 1, 7), [w.group() for w in words.finditer("ab cd", 1)])
print(words.search("ab", -5, 99), words.search("ab", 3), words.search("abc", 2, 1))
print(words.search(string="ab cd", pos=1).span(), words.match(string="q"), words.search("x", 0, endpos=0))
print(re.compile("^b").search("ab", 1), re.compile(r"(?<=a)b").search("ab", 1), re.compile("a$").search("ab", 0, 1))
m = words.search("ab cd", 3, 4)
print(m.pos, m.endpos, m.span())

found = re.finditer("a", "banana")
print(next(found).start(), iter(found) is found, [m.start() for m in found], list(found))
print(re.match("(a)|(b)", "b").lastindex, re.match("((a)b)", "ab").lastindex, re.match("a", "a").lastindex)
print(re.match("(?P<x>a)(b)", "ab").lastgroup, re.match("(b)?(?P<x>a)", "a").lastgroup)
if (m := re.match(r"(\w+)@(\w+)\.com", "user@example.com")) is not None:
    name, host = m.groups()
    print(name, host)
