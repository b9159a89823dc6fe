"""shlex."""

import shlex

for s in ["a b c", "", "  ", "a 'b c' d", 'x "y z" w', 'a"b c"d', "a\\ b", '"a\\"b"', "'a\\b'", '"\\x"', "a''b", "''", '""', "a # c",
          "tab\tnew\nline", "x='1 2'", "--opt=\"v w\" -f", "a\\\\b", "é 'ü'"]:
    print(len(s), [w.encode() for w in shlex.split(s)], [w.encode() for w in shlex.split(s, comments=True)])
for s in ["abc", "", "a b", "it's", "x=1", "a/b.c", "$HOME", "a\"b", "semi;colon"]:
    print(shlex.quote(s), shlex.split(shlex.quote(s)) == [s])
print(shlex.join(["echo", "a b", "c'd", ""]))
for s in ["'open", '"open', "end\\", '"a\\']:
    try:
        print(shlex.split(s))
    except ValueError as e:
        print("ValueError", e)
