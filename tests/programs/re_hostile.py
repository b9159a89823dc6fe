"""Patterns and subjects that are deep, long, or repeat the empty match."""

import re


def refused(pattern):
    try:
        re.compile(pattern)
    except (re.error, RuntimeError):
        return True
    return False


print(refused("(" * 100000), refused("(" * 100000 + ")" * 100000), refused("(?:" * 50000), refused("[" * 100000), refused("(?=" * 50000))
print(re.match("(" * 90 + "a" + ")" * 90, "a").groups() == ("a",) * 90)
print(re.match("(?:" * 60 + "a" + ")*" * 60, "aaa").span())
print(re.match("(((a{100}){100}){100})", "a" * 2000), re.match("(?:(?:a{100}){2}){2}", "a" * 400).span())
print(re.match("a{65535}", "a" * 65535).span(), re.match("(?:ab){3,65535}", "ab" * 4).span(), re.match("a{0,65535}b", "aab").span())
print(re.match("(a*)*", "b").span(), re.match("(a*)*b", "aab").span(), re.match("((a*)*)*", "aa").span(), re.match("(?:)*x", "x").span())
print(re.match("(a|b)*", "ab" * 10000).span(), re.match("(?:a|b)*?c", "ab" * 10000 + "c").end(), re.match("(?:.|\\n)*$", "a\n" * 5000).end())
print(re.match("(a+)+$", "a" * 14 + "b"), re.match("(x+x+)+y", "x" * 10), re.match("(a|aa)+$", "a" * 16 + "b"))
print(re.compile("|".join("word%d" % i for i in range(2000))).fullmatch("word1999").group(), re.match("(a)" * 300, "a" * 300).lastindex)
print(len(re.sub("a", "bb", "a" * 50000)), len(re.findall("a", "a" * 50000)), len(re.split("a", "a" * 20000)))
print(re.search("a" * 3000 + "b", "a" * 3000), re.search("[ab]" * 1000, "ab" * 500).end(), re.match("a?" * 15 + "a" * 15, "a" * 15).end())
print(sorted(re.match("".join("(?P<n%d>.)" % i for i in range(50)), "x" * 50).groupdict())[:3])
print(re.search("(?<=" + "a" * 500 + ")b", "a" * 500 + "b").span(), re.match("(?=" * 40 + "a" + ")" * 40, "a").span())
