"""difflib."""

import difflib
from difflib import SequenceMatcher as S

for a, b in [("abcd", "bcde"), ("", ""), ("a", ""), ("private Thread currentThread;", "private volatile Thread currentThread;"),
             ("qabxcd", "abycdf"), ([1, 2, 3, 4], [2, 3, 5]), ("kitten", "sitting"), ("aaab", "baaa"), ("x" * 250 + "y", "y" + "x" * 240)]:
    s = S(None, a, b)
    print(s.ratio(), s.quick_ratio(), s.real_quick_ratio())
    print([tuple(m) for m in s.get_matching_blocks()], s.get_opcodes())
s = S(lambda x: x == " ", " abcd", "abcd abcd")
print(tuple(s.find_longest_match(0, 5, 0, 9)), s.find_longest_match(0, 5, 0, 9).size, S(None, "ab", "b").get_matching_blocks()[0])
print(difflib.get_close_matches("appel", ["ape", "apple", "peach", "puppy"]), difflib.get_close_matches("x", ["y"]), difflib.get_close_matches("wheel", ["while", "wheels", "heel"], n=1))
a = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n".splitlines(True)
b = "one\n2\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\n".splitlines(True)
print("".join(difflib.unified_diff(a, b, "old.txt", "new.txt")))
print("".join(difflib.unified_diff(a, b, "o", "n", "2020", "2021", n=1)))
print(list(difflib.unified_diff(["a"], ["b"], lineterm="")), list(difflib.unified_diff(a, a)), list(difflib.unified_diff([], ["x\n"])))
print("".join(difflib.context_diff(a, b, "old", "new", n=1)))
for x, y in [("one\ntwo\nthree\n", "ore\ntree\nemu\n"), ("\tI am here\nb\n", "\tI am there\nc\n"), ("same\n", "same\n"), ("a\n", ""), ("abcdefg\nx\n", "x\nabcdefh\n")]:
    d = list(difflib.ndiff(x.splitlines(True), y.splitlines(True)))
    print("".join(d), end="")
    print("".join(difflib.restore(d, 1)) == x, "".join(difflib.restore(d, 2)) == y)
for f in [lambda: difflib.get_close_matches("a", [], n=0), lambda: list(difflib.restore([], 3))]:
    try:
        print(f())
    except ValueError:
        print("ValueError")
