"""Every construct of the pattern language, one subject or more each."""

import re

CASES = [
    (r"abc", "xabcx"),
    (r"a.c", "a\nc abc"),
    (r"^b", "ab b"),
    (r"b$", "ab\n"),
    (r"\Ab\Z", "b\n"),
    (r"[abc]+", "xxcabyy"),
    (r"[^abc]+", "abcxyzabc"),
    (r"[a-f0-9]+", "xyz 12ab"),
    (r"[]a]+", "[]a]"),
    (r"[a-]+", "b-a-b"),
    (r"[\]\-\\]+", "a]-\\b"),
    (r"[\d\s]+", "a 1 2b"),
    (r"[^\W\d]+", "12ab_c"),
    (r"\d+\D+\w+\W+\s*\S+", "12ab cd, ef"),
    (r"\bfoo\b", "xfoo foo"),
    (r"\Boo", "oo foo"),
    (r"a*", "baaa"),
    (r"a+?", "baaa"),
    (r"a??b", "aab"),
    (r"a{2}", "aaaaa"),
    (r"a{2,}", "baaaaa"),
    (r"a{,2}", "aaaaa"),
    (r"a{2,3}?", "aaaaa"),
    (r"a{x}", "a{x}"),
    (r"a{1", "a{1"),
    (r"x{,}y", "xxxy"),
    (r"(a)(b)?", "ac"),
    (r"(?:ab)+", "xababa"),
    (r"(?P<one>a)(?P<two>b)", "ab"),
    (r"(a+)b\1", "aabaa"),
    (r"(?P<q>['\"]).*?(?P=q)", "say 'it' \"now\""),
    (r"cat|dog|bird", "a dog and a cat"),
    (r"(a|ab)(c|bcd)(d*)", "abcd"),
    (r"foo(?=bar)", "foobaz foobar"),
    (r"foo(?!bar)", "foobar foobaz"),
    (r"(?<=\$)\d+", "12 $34"),
    (r"(?<!\$)\b\d+", "$12 34"),
    (r"(?<=(a|b))c", "xcbc"),
    (r"(<)?\w+(?(1)>|!)", "<tag> word!"),
    (r"(?P<b>\()?x(?(b)\))", "(x) x"),
    (r"(?#comment)a(?# another )b", "ab"),
    (r"\x41\101\u0042\t\n", "AAB\t\n"),
    (r"[\x41-\x43]+", "xABCD"),
    (r"\.\*\\", "a.*\\"),
    (r"(a)|(b)|(c)", "c"),
    (r"((a)|b)*", "aab"),
    (r"(a*)*", "aab"),
    (r"(a*)+", "b"),
    (r"(?:a?)*?b", "aab"),
    (r"(a?b??)*", "abab"),
    (r"", "abc"),
    (r"|a", "a"),
    (r"(|a)+", "aaa"),
    (r"(?=(a+))a*b\1", "baaabac"),
    (r"(.*)(\d+)", "abc123"),
    (r"(.*?)(\d+)", "abc123"),
    (r"(\d+)-(\d+)-(\d+)", "on 2024-01-31"),
    (r"^(\w+)\s*=\s*(.*?)\s*(?:#.*)?$", "key = some value   # note"),
    (r"([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)", "x=-12.5e-3;"),
]

for pattern, subject in CASES:
    compiled = re.compile(pattern)
    found = compiled.search(subject)
    if found is None:
        print(pattern, "no match")
        continue
    spans = [found.span(i) for i in range(compiled.groups + 1)]
    print(pattern, spans, found.lastindex, found.lastgroup, compiled.match(subject) is not None,
          compiled.fullmatch(subject) is not None, [m.span() for m in compiled.finditer(subject)])
