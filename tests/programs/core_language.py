"""Displays with stars, class keywords, positional-only parameters, annotations."""

a = [1, 2]
d = {"x": 1}
print([*a], [0, *a, 3, *a], (*a,), (0, *a), sorted({*a}), sorted({9, *a}))
print({**d}, {**d, "y": 2}, {"z": 0, **d, **{"q": 1}}, [*range(3), *"ab"])
x = *a, 5
print(x)


def f(a, /, b, *, c=1):
    return a, b, c


print(f(1, 2), f(1, b=2, c=3), (lambda x, /: x)(5))


class Base:
    subs = []

    def __init_subclass__(cls, tag=None, **kw):
        super().__init_subclass__(**kw)
        Base.subs.append((cls.__name__, tag))


class S1(Base, tag="t"): pass
class S2(S1): pass


print(Base.subs)


class A:
    x: int
    y: str = "a"
    z: list = None


print(list(A.__annotations__), A.__annotations__["x"] is int, A.y)


def counter(fn):
    def inner(*args):
        inner.calls += 1
        return fn(*args)
    inner.calls = 0
    return inner


@counter
def one():
    return 1


@counter
def two():
    return 2


one(), one(), two()
print(one.calls, two.calls)
f.tag = "t"
print(f.tag, f.__name__, f.__module__, hasattr(f, "nope"))


class G:
    def __class_getitem__(cls, key):
        return cls.__name__, key


print(G["k"], [c.__name__ for c in S2.__mro__])
