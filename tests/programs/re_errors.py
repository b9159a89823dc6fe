"""Patterns that are refused: message and place."""

import re

PATTERNS = [
    "(", ")", "a)", "(a", "(?:a", "[", "[a", "[]", "a**", "a+*", "*", "+a", "?", "|*", "(*)", "^*", r"\b+",
    "a{2}{3}", "x{3,2}", "\\", r"\q", r"[\q]", r"\x1", r"\u12", r"\U0011", r"\8", r"\1", r"(a)\2", r"(\1)",
    "(?P<a>", "(?P<1a>x)", "(?P<a", "(?P<>a)", "(?P=a)", "(?P<a>x)(?P<a>y)", "(?Px)", "(?P", "(?", "(?<a)", "(?<", "(?#", "(?!",
    "[b-a]", r"[\d-z]", r"[a-\d]", "(?(1)a|b)", "(a)(?(1)a|b|c)", "(?(0)a)", "(?(", r"\400", "a\n(",
    "[a\n", "(?<=a*)b", "(?<=a|bc)d",
]
for pattern in PATTERNS:
    try:
        re.compile(pattern)
        print(repr(pattern), "compiles")
    except re.error as e:
        print(repr(pattern), e.msg, e.pos, e.lineno, e.colno, e.pattern == pattern)

try:
    re.compile("a\nb(c")
except re.error as e:
    print(str(e), e.args, isinstance(e, Exception))
error = re.error("a message", "pattern", 3)
print(str(error), error.msg, error.pattern, error.pos, str(re.error("alone")), re.error("alone").pos)
try:
    re.compile("a{99999999999999999999}")
except OverflowError as e:
    print(type(e).__name__)
try:
    re.compile("(")
except Exception as e:
    print(isinstance(e, re.error))
