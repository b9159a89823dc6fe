"""itertools: every function, with its edge cases."""
import itertools
from itertools import *


def show(it, n=12):
    print(list(islice(it, n)))


def fails(f, *args, **kwargs):
    try:
        r = f(*args, **kwargs)
        print("no error", list(r))
    except Exception as e:
        print(type(e).__name__)


show(count(3)), show(count(1, -2)), show(count(0.5, 0.25))
show(cycle("ab")), show(cycle([]))
print(list(repeat(7, 3)), list(repeat(7, 0)), list(repeat(7, -1)))
show(repeat("x"), 3)
show(accumulate([1, 2, 3, 4]))
show(accumulate([1, 2, 3, 4], lambda a, b: a * b))
show(accumulate([1, 2], initial=10)), show(accumulate([])), show(accumulate(["a", "b", "c"]))
show(accumulate([3, 1, 4, 1, 5, 9], max))
show(chain("ab", [1, 2], ())), show(chain()), show(chain.from_iterable(["ab", "cd"]))
c = chain([1], [2, 3])
print(next(c), next(c), list(c), list(c))
for r in range(6):
    print(list(combinations("abcd", r)))
    print(list(combinations_with_replacement("abc", r)))
    print(list(permutations("abcd", r))[:8])
print(list(combinations([], 0)), list(combinations_with_replacement([], 0)), list(combinations_with_replacement([], 2)))
print(list(permutations([])), list(permutations([1])), list(permutations([1, 2, 3])))
fails(combinations, "ab", -1), fails(permutations, "ab", -1), fails(combinations, "ab", "x")
print(list(compress("abcdef", [1, 0, 1, 0, 1, 1])), list(compress("abc", [1])))
show(dropwhile(lambda x: x < 3, [1, 2, 3, 1, 2])), show(takewhile(lambda x: x < 3, [1, 2, 3, 1]))
show(dropwhile(lambda x: True, [1])), show(filterfalse(None, [0, 1, "", 2])), show(filterfalse(lambda x: x % 2, range(6)))
for key, group in groupby("AAAABBBCCDAABBB"):
    print(key, list(group), end=" ")
print()
print([k for k, g in groupby([1, 1, 2, 2, 1])], list(groupby([])))
for key, group in groupby(["apple", "avocado", "bean", "cherry", "corn"], key=lambda w: w[0]):
    print(key, next(group))
groups = [g for k, g in groupby("aab")]
print([list(g) for g in groups])
d = {k: sorted(v) for k, v in groupby(sorted([3, 4, 5, 6], key=lambda x: x % 2), lambda x: x % 2)}
print(sorted(d.items()))
show(islice("abcdefg", 2)), show(islice("abcdefg", 2, 4)), show(islice("abcdefg", 2, None)), show(islice("abcdefg", 0, None, 2))
show(islice(range(5), None)), show(islice(range(5), 1, 100, 3)), show(islice([], 3))
it = iter(range(10))
print(list(islice(it, 3)), next(it), list(islice(it, 1, 2)), next(it))
fails(islice, [1], -1), fails(islice, [1], "a"), fails(islice, [1], 0, 1, 0), fails(islice, [1])
show(pairwise([1, 2, 3])), show(pairwise([1])), show(pairwise(""))
show(product("ab", [1, 2])), show(product("ab", repeat=2)), show(product()), show(product([1], [])), show(product("abc"))
print(list(product([1, 2], "x", [True, False])), len(list(product(range(3), repeat=4))))
fails(product, [1], repeat=-1)
show(starmap(pow, [(2, 5), (3, 2)])), show(starmap(lambda *a: a, [(), (1,), (1, 2)]))
a, b = tee([1, 2, 3])
print(next(a), next(a), list(b), list(a), list(a))
print(tee([1], 0), [list(t) for t in tee("xy", 3)])
fails(tee, [1], -1)
show(zip_longest("abc", [1], fillvalue="-")), show(zip_longest()), show(zip_longest([], [1, 2])), show(zip_longest("ab", "cd"))
print(sum(1 for _ in permutations(range(6))), sum(1 for _ in combinations(range(12), 6)))
print(itertools.chain is chain, [x for x in itertools.chain([1], [2])])
print(max(len(list(g)) for k, g in groupby("aaabbbbc")))
