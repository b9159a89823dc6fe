"""sub, subn, split, findall and escape."""

import re

print(re.sub("a", "b", "banana"), re.sub("a", "b", "banana", count=2), re.subn("a", "b", "banana"))
print(re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world"), re.sub(r"(?P<x>\d)", r"<\g<x>\g<1>\g<0>>", "a1b2"))
print(re.sub(r"\d+", lambda m: str(int(m.group()) * 2), "3 apples, 10 pears"))
print(re.sub("x*", "-", "abxd"), re.sub("", "-", "abc"), re.sub("b*", "", "abc"), re.sub(r"\b", "|", "a bc"))
print(re.sub("(a)|b", r"[\1]", "ab"), re.sub("a", r"\n\t\\", "a"), re.sub(".", r"\.", "a"), re.sub("a", r"\101\0", "a") == "A\0")
print(re.sub(r"(.)", r"\g<1>0", "ab"), re.sub(r"(.)(.)", r"\2\1", "abcde"), re.sub("a", "", "banana"))
print(re.sub("^", "> ", "one\ntwo", flags=re.M), re.sub("A", "x", "aA", flags=re.I))
print(re.sub("a", lambda m: None or "", "banana"), re.subn("z", "y", "banana"), re.compile("n").sub("N", "banana", 1))
print(re.compile("a").subn(repl="b", string="aa", count=1))
print(re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), "someCamelCase"))
print(re.sub(r"_([a-z])", lambda m: m.group(1).upper(), "some_snake_case"))
print(re.sub(r"\s+", " ", "  many   spaces\t\nhere "))
print(re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", "1234567"))

for pattern, template in (("a", r"\1"), ("a", r"\q"), ("a", "\\"), ("a", r"\g<x"), ("a", r"\g<>"), ("a", r"\g"), ("(a)", r"\g<2>")):
    try:
        print(re.sub(pattern, template, "a"))
    except re.error as e:
        print(template, e)
try:
    re.sub("a", r"\g<name>", "a")
except IndexError as e:
    print(e)
for repl in (lambda m: 5, lambda m: b"x", 5, b"x"):
    try:
        re.sub("a", repl, "a")
    except TypeError as e:
        print(type(e).__name__)
try:
    re.sub("a", lambda m: 1 // 0, "a")
except ZeroDivisionError as e:
    print(type(e).__name__)

print(re.split(",", "a,b,,c"), re.split("(,)", "a,b"), re.split("(,)|;", "a,b;c"), re.split(r"\s*,\s*", "a , b,c"))
print(re.split(r"\W+", "Words, words, words."), re.split(",", "a,b,c", 1), re.split(",", "a,b,c", maxsplit=1), re.split(",", ""))
print(re.split("x*", "axbc"), re.split(r"\b", "ab cd"), re.split("(a)|b", "xbyaz"), re.compile("-").split("1-2-3", maxsplit=1))
print(re.findall("a", "banana"), re.findall("(a)(n)?", "banana"), re.findall("a(n)", "banana"), re.findall("(z)?", "ab"))
print(re.findall(r"\b\w{4}\b", "some four char word list"), re.findall("a|", "ab"), re.findall("", "ab"))
print(re.findall(r"(\w+)=(\w+)", "set width=20 and height=10"), re.findall(r"[A-Za-z]+|\d+|\S", "x1 = y+22"))
print(re.escape("a.b*c[d]"), re.escape("1 + 1 = 2?"), re.escape("under_score-dash#~&"), re.escape(b"a.b\x00"), re.escape(""))
print(re.fullmatch(re.escape("$5.00 (net)"), "$5.00 (net)") is not None)


class Tokens:
    def __init__(self):
        self.seen = []

    def __call__(self, match):
        self.seen.append(match.span())
        return re.sub("a", "b", match.group())


tokens = Tokens()
print(re.sub(r"\w+", tokens, "abc aaa"), tokens.seen)
