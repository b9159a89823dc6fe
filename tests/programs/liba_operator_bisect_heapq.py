"""operator, bisect and heapq."""
import bisect
import heapq
import operator
from operator import add, attrgetter, itemgetter, methodcaller, mul


def fails(f, *args, **kwargs):
    try:
        print("no error", f(*args, **kwargs))
    except Exception as e:
        print(type(e).__name__)


for name in "add sub mul truediv floordiv mod pow eq ne lt le gt ge is_ is_not".split():
    print(name, getattr(operator, name)(7, 2), end="; ")
print()
for name in "and_ or_ xor lshift rshift".split():
    print(name, getattr(operator, name)(6, 3), end="; ")
print()
print(operator.neg(3), operator.pos(-3), operator.inv(5), operator.invert(5), operator.not_([]), operator.truth([0]), operator.abs(-4))
print(operator.contains([1, 2], 2), operator.concat("a", "b"), operator.countOf([1, 2, 1], 1), operator.indexOf([5, 6], 6))
d = {"a": 1}
operator.setitem(d, "b", 2), operator.delitem(d, "a")
print(d, operator.getitem(d, "b"), operator.index(5), operator.length_hint([1, 2, 3]))
x = [1]
print(operator.iadd(x, [2]), x, operator.isub(5, 2), operator.imul(2, 3), operator.ior(1, 2), operator.iconcat([1], [2]))
fails(operator.index, 1.5), fails(operator.indexOf, [1], 2), fails(attrgetter, 5), fails(itemgetter(1), [0]), fails(methodcaller, 3)


class P:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def dist(self, k=1):
        return (self.x + self.y) * k


p = P(P(1, 2), 3)
print(attrgetter("y")(p), attrgetter("x.y")(p), attrgetter("x.x", "y")(p), itemgetter(1)([1, 2]), itemgetter(0, 2)("abc"), itemgetter("k")({"k": 1}))
print(methodcaller("upper")("ab"), methodcaller("dist", k=3)(P(1, 2)), sorted([(2, "a"), (1, "b")], key=itemgetter(1)), itemgetter(-1)([1, 2, 3, 4]))
print(operator.__add__(1, 2), operator.__lt__(1, 2))

a = [1, 3, 3, 5]
for v in range(7):
    print(bisect.bisect_left(a, v), bisect.bisect_right(a, v), bisect.bisect(a, v), end=" ")
print()
print(bisect.bisect_left(a, 3, 2), bisect.bisect(a, 3, 0, 2), bisect.bisect_left([(1, "x"), (5, "y")], 5, key=lambda t: t[0]))
bisect.insort(a, 4), bisect.insort_left(a, 3), bisect.insort_right(a, 0)
print(a)
w = ["a", "ccc"]
bisect.insort(w, "bb", key=len)
print(w)
fails(bisect.bisect, a, 1, -1)

h = [5, 2, 8, 1, 9, 3]
heapq.heapify(h)
print(h[0], heapq.heappop(h), heapq.heapreplace(h, 7), heapq.heappushpop(h, 0), heapq.heappushpop(h, 6), [heapq.heappop(h) for _ in range(len(h))])
fails(heapq.heappop, []), fails(heapq.heapreplace, [], 1)
print(heapq.heappushpop([], 3), heapq.nlargest(3, [4, 1, 7, 3, 9]), heapq.nsmallest(2, [4, 1, 7], key=lambda v: -v), heapq.nlargest(0, [1]), heapq.nsmallest(10, [2, 1]))
print(list(heapq.merge([1, 4, 7], [2, 5], [3], [])), list(heapq.merge([7, 4], [5, 2], reverse=True)), list(heapq.merge(["a", "ccc"], ["bb"], key=len)))
print(heapq.nlargest(2, ["bb", "aa", "c"], key=len), heapq.nsmallest(2, ["bb", "aa", "c"], key=len))
h = []
for pair in [(3, "c"), (1, "z"), (1, "a"), (2, "b")]:
    heapq.heappush(h, pair)
print([heapq.heappop(h) for _ in range(4)])
print(add(2, 3), mul(2, 3))
