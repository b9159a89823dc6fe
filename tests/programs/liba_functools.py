"""functools: caches, partial, ordering, dispatch."""
import functools
from functools import *


def fails(f, *args, **kwargs):
    try:
        print("no error", f(*args, **kwargs))
    except Exception as e:
        print(type(e).__name__)


print(reduce(lambda a, b: a + b, [1, 2, 3]), reduce(lambda a, b: a * b, [], 7), reduce(max, [3, 9, 2], 5), reduce(max, [1], None) if False else 1)
fails(reduce, lambda a, b: a, [])

calls = []


@lru_cache(maxsize=2)
def f(x, y=0):
    calls.append((x, y))
    return x * 10 + y


print(f(1), f(1), f(2), f(3), f(1), f(1, y=2), f(1, y=2), calls)
print(f.cache_info(), f.cache_info().hits, f.cache_parameters())
f.cache_clear()
print(f.cache_info(), f(5), f.cache_info())
print(f.__wrapped__(1))


@lru_cache
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(60), fib.cache_info())


@lru_cache(maxsize=None)
def fact(n):
    return n * fact(n - 1) if n else 1


print(fact(30), fact.cache_info())


@lru_cache(maxsize=0)
def none(n):
    return n


print(none(1), none(1), none.cache_info())


@lru_cache(maxsize=8, typed=True)
def typed(x):
    return type(x).__name__


print(typed(1), typed(1.0), typed(1), typed(True), typed.cache_info())


@cache
def grid(r, c):
    return 1 if r == 0 or c == 0 else grid(r - 1, c) + grid(r, c - 1)


print(grid(10, 10), grid.cache_info())
fails(fib, [1]), fails(lru_cache, "x")


class Calc:
    def __init__(self):
        self.n = 0

    @lru_cache(maxsize=None)
    def square(self, x):
        self.n += 1
        return x * x

    @cached_property
    def slow(self):
        self.n += 100
        return self.n


c = Calc()
print(c.square(3), c.square(3), c.n, Calc.square.cache_info(), c.square.cache_info().hits)
print(c.slow, c.slow, c.n)
c.slow = 5
print(c.slow)
del c.slow
print(c.slow)

# eviction keeps the most recent
@lru_cache(maxsize=3)
def g(x):
    calls.append(x)
    return x


calls = []
for x in [1, 2, 3, 1, 4, 2, 1, 5, 3, 1]:
    g(x)
print(calls, g.cache_info())

p = partial(lambda s, base=10: int(s, base), base=2)
print(p("101"), p.args, p.keywords, p("77", base=8))
q = partial(partial(lambda *a, **k: (a, sorted(k.items())), 1, x=2), 3, y=4)
print(q(5, z=6), q.args)
fails(partial, 5)


class Cell:
    alive = False

    def set_state(self, state, *rest):
        self.alive = state
        return rest

    on = partialmethod(set_state, True)
    off = partialmethod(set_state, False, 1)


c = Cell()
print(c.on(), c.alive, c.off(2), c.alive)


def deco(func):
    @wraps(func)
    def wrapper(*args, **kwargs):
        return "<" + func(*args, **kwargs) + ">"

    return wrapper


@deco
def hello(name):
    return "hello " + name


print(hello("x"))


@total_ordering
class Version:
    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return self.n == other.n

    def __lt__(self, other):
        return self.n < other.n


@total_ordering
class Other:
    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return self.n == other.n

    def __ge__(self, other):
        return self.n >= other.n


for V in (Version, Other):
    a, b, c = V(1), V(2), V(2)
    print(a < b, a <= b, a > b, a >= b, b <= c, b >= c, b < c, b > c, b == c, a != b)
    print([v.n for v in sorted([V(3), V(1), V(2)])], max(a, b).n)


class Nothing:
    pass


fails(total_ordering, Nothing)


def by_length(a, b):
    return (len(a) > len(b)) - (len(a) < len(b)) or (a > b) - (a < b)


print(sorted(["ccc", "a", "bb", "aa", ""], key=cmp_to_key(by_length)))
print(sorted([3, 1, 2], key=cmp_to_key(lambda a, b: b - a)), max([1, 5, 2], key=cmp_to_key(lambda a, b: a - b)))


@singledispatch
def kind(x):
    return "object"


@kind.register(int)
def _(x):
    return "int"


@kind.register(list)
def _(x):
    return "list of %d" % len(x)


kind.register(str, lambda x: "str " + x)


class Sub(list):
    pass


print(kind(1), kind([1, 2]), kind("s"), kind(None), kind(2.0), kind(Sub()), kind(True))
print(kind.dispatch(int)(3))
fails(kind)


class Formatter:
    @singledispatchmethod
    def fmt(self, x):
        return "?"

    @fmt.register(int)
    def _(self, x):
        return "int %d" % x


print(Formatter().fmt(3), Formatter().fmt("s"))
print(functools.reduce is reduce)
