"""Integers compared by searches, sorts and containers, at the edges of their digits."""

EDGES = [0, 1, -1, 2, 255, 256, 257, 2**15, 2**29, 2**30 - 1, 2**30, 2**30 + 1]
EDGES += [2**31 - 1, 2**31, 2**32, 2**60 - 1, 2**60, 2**62, 2**63 - 1, 2**63, 2**64, 10**30]
EDGES += [-n for n in EDGES]


class Odd(int):
    def __eq__(self, other):
        return not int(self) == other

    def __lt__(self, other):
        return int(self) > other


class Long(list):
    def __len__(self):
        return 7


def spread(n, seed=7):
    """Return *n* of the edges, the same ones everywhere."""
    picked = []
    for _ in range(n):
        seed = (seed * 1103515245 + 12345) % 2**31
        picked.append(EDGES[(seed >> 8) % len(EDGES)])
    return picked


for a in EDGES:
    print(a, [b for b in EDGES if (a == b) + (a < b) * 2 + (a > b) * 4 not in (1, 2, 4)])
    print([(a in [b], [b].count(a), (b,) == (a,), [a] < [b], (a,) >= (b,)) for b in EDGES[::3]])

values = spread(300)
print(sorted(values) == sorted(values, reverse=True)[::-1], sorted(values)[::25])
print([values.index(n) if n in values else None for n in EDGES])
print([values.count(n) for n in EDGES], min(values), max(values))
print(sorted(values, key=lambda n: -n)[::25], sorted([str(n) for n in values])[::25])
values.remove(max(values))
print(len(values), len(Long(values)), len(Long()), len([]), len([[]]))

odd = Odd(5)
print(odd in [odd], odd in [6], Odd(5) in [5], 5 in [Odd(5)], [6].count(Odd(5)), Odd(5) < 4)
print(True in [1], 1 in [True], False in [0], [True, 2].index(2), [0, False].count(False))
print(1.0 in [1], 1 in [1.0], 2**53 in [2.0**53], 2**53 + 1 in [2.0**53], [1, 1.0].count(1))
print(sorted([3, 1.5, True, -(2**70), 2**70, 0, -0.5]))
for mixed in [[1, "a"], [2**70, None], [1, [1]]]:
    try:
        print(sorted(mixed))
    except TypeError:
        print("no order")
    print(1 in mixed, "a" in mixed, None in mixed)
