"""contextlib and copy."""
import copy
import io
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress


@contextmanager
def tag(name):
    print("<" + name + ">")
    try:
        yield name.upper()
    except ValueError as e:
        print("caught", e)
    finally:
        print("</" + name + ">")


with tag("a") as t:
    print(t)
with tag("b"):
    raise ValueError("inside")
try:
    with tag("c"):
        raise KeyError("out")
except KeyError as e:
    print("KeyError", e.args)


@contextmanager
def nothing():
    for _ in ():
        yield


@contextmanager
def twice():
    yield 1
    yield 2


for f in (nothing, twice):
    try:
        with f():
            pass
    except RuntimeError as e:
        print("RuntimeError")


@contextmanager
def swap():
    try:
        yield
    except KeyError:
        raise IndexError("swapped")


try:
    with swap():
        raise KeyError
except IndexError as e:
    print(e)


@tag("deco")
def work(x):
    print("work", x)


work(1), work(2)
with suppress(KeyError, IndexError):
    {}["x"]
try:
    with suppress(KeyError):
        1 / 0
except ZeroDivisionError:
    print("zero")


class Res:
    def __init__(self, n):
        self.n = n

    def close(self):
        print("close", self.n)

    def __enter__(self):
        print("enter", self.n)
        return self

    def __exit__(self, *exc):
        print("exit", self.n, exc[0] is not None)
        return self.n == "swallow"


with closing(Res(1)) as r:
    print(r.n)
with nullcontext(5) as five:
    print(five)
with ExitStack() as stack:
    for i in range(3):
        stack.enter_context(Res(i))
    stack.callback(print, "callback", 1)
    stack.push(lambda *exc: print("pushed", exc[0]))
with ExitStack() as stack:
    stack.enter_context(Res("outer"))
    stack.enter_context(Res("swallow"))
    raise ValueError
try:
    with ExitStack() as stack:
        stack.enter_context(Res("x"))
        raise ValueError("kept")
except ValueError as e:
    print(e)
s = ExitStack()
s.callback(print, "later")
kept = s.pop_all()
s.close()
kept.close()
try:
    ExitStack().enter_context(5)
except (TypeError, AttributeError):
    print("no context manager")

a = [1, [2, 3], {"k": [4]}, (5, [6]), {7}]
b, c = copy.copy(a), copy.deepcopy(a)
a[1].append("x"), a[2]["k"].append("y"), a[3][1].append("z")
print(b == a, c, b[1] is a[1], c[1] is a[1])
loop = [1]
loop.append(loop)
d = copy.deepcopy(loop)
print(d[1] is d, d is not loop, d[0])
pair = [[]] * 2
e = copy.deepcopy(pair)
print(e[0] is e[1], e[0] is pair[0])
t = (1, (2, 3))
print(copy.deepcopy(t) is t, copy.copy(t) is t)


class P:
    kind = "p"

    def __init__(self, x, child=None):
        print("init")
        self.x, self.child = x, child


p = P([1], P([2]))
q, r = copy.copy(p), copy.deepcopy(p)
p.x.append(9)
print(q.x, r.x, q.child is p.child, r.child is not p.child, r.child.x, type(r).__name__, r.kind)


class Own:
    def __init__(self, v):
        self.v = v

    def __copy__(self):
        return Own("copy")

    def __deepcopy__(self, memo):
        return Own("deep")


print(copy.copy(Own(1)).v, copy.deepcopy([Own(1)])[0].v)


class Stack(list):
    pass


st = Stack([1, [2]])
st.name = "n"
u = copy.deepcopy(st)
st[1].append(3)
print(u, u.name, type(u).__name__, copy.copy(st) == st)
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple

N = namedtuple("N", "a b")
print(copy.deepcopy(N(1, [2])), copy.copy(Counter("aab")), copy.deepcopy(deque([1, [2]], 5)), copy.deepcopy(OrderedDict(a=[1])) == {"a": [1]})
dd = defaultdict(list, {"a": [1]})
ee = copy.deepcopy(dd)
dd["a"].append(2)
print(ee["a"], ee["new"], copy.copy(dd)["a"])
print(copy.deepcopy({1: {2, 3}, "f": frozenset([1]), None: b"x"}), copy.deepcopy(print) is print, copy.copy(5), copy.deepcopy(P) is P)


class Linked:
    def __init__(self):
        self.me = self
        self.items = {"self": self}


k = copy.deepcopy(Linked())
print(k.me is k, k.items["self"] is k)
