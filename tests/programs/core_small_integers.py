# All operators on integers around the sizes at which an interpreter changes how it keeps them.
import operator

EDGES = sorted(
    {
        sign * (base + step)
        for base in (0, 1, 7, 256, 2**15, 2**29, 2**30, 2**31, 2**60)
        for step in (-1, 0, 1)
        for sign in (1, -1)
    }
)
OPERATORS = ("&", "|", "^", "%", "//", ">>", "<<", "+", "-", "*")


def outcome(function, a, b):
    try:
        return function(a, b)
    except (ZeroDivisionError, ValueError) as error:
        return type(error).__name__


for sign in OPERATORS:
    space = {}
    source = "def plain(a, b):\n    return a {0} b\ndef placed(a, b):\n    a {0}= b\n    return a\n"
    exec(source.format(sign), space)
    total = 0
    for a in EDGES:
        for b in EDGES:
            if sign in ("<<", ">>") and abs(b) > 70:
                continue
            first = outcome(space["plain"], a, b)
            assert first == outcome(space["placed"], a, b), (a, sign, b)
            total = (total * 31 + (first if isinstance(first, int) else len(first))) % 1000003
            if a in (-(2**30), -7, 2**29 + 1) and b in (-8, -1, 0, 6, 31):
                print(a, sign, b, first)
    print(sign, total)

# Booleans count as integers, and the results are fit for what comes next.
print(True | 0, 3 & True, type(True ^ 1), False + True)
print([x % 3 is x % 3 for x in (4, 5)], (2**30 - 1) ^ 1, -(2**30) & -1, ~7 >> 1, -9 // 4, -9 % 4)
print(operator.and_(12, 10), operator.lshift(1, 40), operator.rshift(-1, 100), 5 >> 64, -5 >> 64)


class Loud(int):
    def __and__(self, other):
        return ("and", int(other))

    def __rmod__(self, other):
        return ("rmod", int(other))


print(Loud(6) & 3, 7 % Loud(4), 6 & Loud(3), Loud(6) | 1)
