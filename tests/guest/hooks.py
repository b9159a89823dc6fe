"""Every operation on builtin containers, with arguments whose hooks change the container.

Runs in the guest and, as the oracle, on CPython. `outcomes(cases)` yields for each case
what it is and how it ended: the text of its value and of the container, or the name of the
exception.
"""

import array
import collections
import functools
import heapq
import io
import itertools
import json
import math
import operator
import struct


class Hook:
    """Answers every question after it has changed something, a few times."""

    def __init__(self, value, change, truth=True, times=3):
        self.value = value
        self.change = change
        self.truth = truth
        self.times = times

    def hit(self):
        if self.times > 0:
            self.times -= 1
            self.change()

    def number(self):
        self.hit()
        return self.value

    def answer(self, *_):
        self.hit()
        return self.truth

    def text(self, *_):
        self.hit()
        return "hook"

    def __float__(self):
        return float(self.number())

    def __complex__(self):
        return complex(self.number())

    def __bytes__(self):
        self.hit()
        return b"hook"

    def __iter__(self):
        for i in range(self.value):
            self.hit()
            yield i
        self.hit()

    def __getitem__(self, i):
        self.hit()
        if not isinstance(i, int) or i >= self.value:
            raise IndexError(i)
        return i

    def __call__(self, *args):
        return self.number()

    def __add__(self, other):
        return self.number()

    __index__ = __int__ = __hash__ = __len__ = __neg__ = __abs__ = number
    __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __contains__ = answer
    __bool__ = answer
    __radd__ = __mul__ = __rmul__ = __sub__ = __add__
    __str__ = __repr__ = __format__ = text

    def keys(self):
        self.hit()
        return [1, 2]

    def write(self, data):
        self.hit()
        return len(data)

    def read(self, size=-1):
        self.hit()
        return b"ab"

    def readinto(self, buffer):
        self.hit()
        buffer[0] = 1
        return 1


def refill_dict(c):
    size = len(c)
    c.clear()
    for i in range(size):
        c[f"k{i}"] = i


def refill_set(c):
    size = len(c)
    c.clear()
    c.update(range(1000, 1000 + size))


def pop_all(c):
    while len(c):
        c.pop()


def rewrite(c):
    c.seek(0, 2)
    c.write(c.getvalue() * 50)


def nothing(c):
    pass


LISTS = [lambda c: c.extend(range(100)), lambda c: c.clear(), pop_all]
BYTES = [lambda c: c.extend(bytes(200)), lambda c: c.clear(), pop_all]
ARRAYS = [lambda c: c.extend(array.array("I", range(100))), pop_all]
DICTS = [lambda c: c.update(zip(range(100, 200), range(100))), lambda c: c.clear(), refill_dict]
SETS = [lambda c: c.update(range(100, 200)), lambda c: c.clear(), refill_set]
DEQUES = [lambda c: c.extend(range(300)), lambda c: c.clear()]
FILES = [rewrite, lambda c: c.truncate(0), lambda c: c.close()]


def hooks_list(change):
    return [Hook(i, change, i % 2 == 0) for i in range(12)]


def hooks_dict(change):
    return dict.fromkeys(quiet_keys(change), 1)


def quiet_keys(change):
    """Hooks that begin to change things only when they are in a table."""
    for i in range(12):
        hook = Hook(i, change, False, times=0)
        yield hook
        hook.times = 3


KINDS = {
    "list": (lambda change: list(range(40)), LISTS),
    "list of hooks": (hooks_list, LISTS),
    "bytearray": (lambda change: bytearray(range(40)), BYTES),
    "array": (lambda change: array.array("I", range(40)), ARRAYS),
    "dict": (lambda change: dict.fromkeys(range(20), 1), DICTS),
    "small dict": (lambda change: {"a": 1, "b": 2, 3: 4}, DICTS),
    "dict of hooks": (hooks_dict, DICTS),
    "OrderedDict": (lambda change: collections.OrderedDict(zip(range(20), range(20))), DICTS),
    "set": (lambda change: set(range(20)), SETS),
    "set of hooks": (lambda change: set(quiet_keys(change)), SETS),
    "deque": (lambda change: collections.deque(range(20)), DEQUES),
    "BytesIO": (lambda change: io.BytesIO(b"hello\nworld\n" * 5), FILES),
    "StringIO": (lambda change: io.StringIO("hello\nworld\n" * 5), FILES),
    "str": (lambda change: "hello world" * 3, [nothing]),
    "bytes": (lambda change: b"hello world" * 3, [nothing]),
    "tuple": (lambda change: tuple(range(30)), [nothing]),
    "int": (lambda change: 12345678901234567890123, [nothing]),
}


def make(kind, change):
    """Return a container of the kind, and what changes it."""
    cell = []

    def hit():
        change(cell[0])

    cell.append(KINDS[kind][0](lambda: change(cell[0]) if cell else None))
    return cell[0], hit


ARGUMENTS = {
    "hook": lambda c, hit: Hook(5, hit),
    "unequal": lambda c, hit: Hook(2, hit, truth=False),
    "negative": lambda c, hit: Hook(-1, hit),
    "itself": lambda c, hit: c,
    "hooks": lambda c, hit: [Hook(1, hit), Hook(2, hit), 3],
    "unequals": lambda c, hit: [Hook(1, hit, truth=False)] * 30,
    "generator": lambda c, hit: (hit() or i for i in range(9)),
    "slice": lambda c, hit: slice(Hook(0, hit), Hook(30, hit)),
    "stepped": lambda c, hit: slice(Hook(30, hit), Hook(0, hit), Hook(-2, hit)),
    "int": lambda c, hit: 3,
    "bytes": lambda c, hit: b"lo",
    "str": lambda c, hit: "lo",
    "none": lambda c, hit: None,
    "function": lambda c, hit: lambda *args: hit(),
    "bytearray": lambda c, hit: bytearray(b"xyz" * 20),
    "mapping": lambda c, hit: {1: Hook(1, hit), "a": 2},
    "pair": lambda c, hit: (Hook(1, hit), Hook(2, hit)),
}
SECOND = ("hook", "unequal", "itself", "hooks", "int", "bytes", "str", "generator", "slice")


def setitem_slice(c, a, b):
    c[a:] = b


def setitem_stepped(c, a, b):
    c[a::2] = b


def delitem_slice(c, a, b):
    del c[a:b]


def keep_view(c, a):
    view = memoryview(c)
    a.hit()
    view[1] = 7
    view[2:4] = view[4:6]
    return bytes(view), list(view)


def keep_iterator(c, a):
    iterator = iter(c)
    first = next(iterator)
    a.hit()
    return first, next(iterator), list(itertools.islice(iterator, 50))


OPERATIONS = {
    "get": lambda c, a: c[a],
    "delete": operator.delitem,
    "add": lambda c, a: c + a,
    "radd": lambda c, a: a + c,
    "iadd": operator.iadd,
    "mul": lambda c, a: c * a,
    "imul": operator.imul,
    "eq": lambda c, a: c == a,
    "ne": lambda c, a: c != a,
    "lt": lambda c, a: c < a,
    "ge": lambda c, a: c >= a,
    "in": lambda c, a: a in c,
    "or": lambda c, a: c | a,
    "and": lambda c, a: c & a,
    "xor": lambda c, a: c ^ a,
    "sub": lambda c, a: c - a,
    "ior": operator.ior,
    "mod": lambda c, a: c % a,
    "percent": lambda c, a: f"%s %r {'%d'}" % (a, c, a),
    "unpack": lambda c, a: [*a, *c],
    "star": lambda c, a: (lambda *x, **k: x)(*a),
    "loop": lambda c, a: [0 for x in c if x == a],
    "format": lambda c, a: "{} {!r:>10}".format(c, a),
    "repr": lambda c, a: repr([c, a]),
    "bytes": lambda c, a: bytes(a),
    "view": lambda c, a: memoryview(c)[a],
    "keep view": keep_view,
    "keep iterator": keep_iterator,
    "dict": lambda c, a: dict(a),
    "keywords": lambda c, a: dict(c, **{"x": a}),
    "item": lambda c, a: (1, a) in c.items(),
    "keys": lambda c, a: c.keys() | a,
    "exception": lambda c, a: repr(ValueError(a, c)),
    "type": lambda c, a: type("T", (), a),
}
OPERATIONS_2 = {
    "set": operator.setitem,
    "set slice": setitem_slice,
    "set stepped": setitem_stepped,
    "delete slice": delitem_slice,
    "slice": lambda c, a, b: c[a:b],
    "percent": lambda c, a, b: "%*.*f %s" % (a, b, 1.5, c),
    "pow": lambda c, a, b: pow(c, a, b),
    "view": lambda c, a, b: operator.setitem(memoryview(c), a, b),
}
FUNCTIONS = {
    "all": all,
    "any": any,
    "bytearray": bytearray,
    "dict": dict,
    "enumerate": enumerate,
    "filter": filter,
    "frozenset": frozenset,
    "getattr": getattr,
    "isinstance": isinstance,
    "list": list,
    "map": map,
    "max": max,
    "min": min,
    "print": lambda c, *a: print(c, *a, file=io.StringIO()),
    "reversed": reversed,
    "set": set,
    "sorted": sorted,
    "sort by": lambda c, a: sorted(c, key=a),
    "sum": sum,
    "tuple": tuple,
    "zip": zip,
    "array": lambda c, a: array.array("H", a),
    "chain": itertools.chain,
    "heapify": heapq.heapify,
    "heappush": heapq.heappush,
    "heappop": heapq.heappop,
    "json": json.dumps,
    "pack": lambda c, a: struct.pack("3B", a, a, a),
    "pack into": lambda c, a: struct.pack_into("BH", c, a, a, a),
    "unpack from": lambda c, a: struct.unpack_from("BH", c, a),
    "reduce": lambda c, a: functools.reduce(a, c),
    "fsum": math.fsum,
}


def cases(kinds):
    for kind in kinds:
        changes = KINDS[kind][1]
        for number, change in enumerate(changes):
            container, _ = make(kind, change)
            methods = [
                n for n in dir(container) if n[:2] != "__" or n in ("__init__", "__setitem__")
            ]
            for first in ARGUMENTS:
                yield from ((kind, number, OPERATIONS, n, (first,)) for n in OPERATIONS)
                yield from ((kind, number, FUNCTIONS, n, (first,)) for n in FUNCTIONS)
                yield from ((kind, number, None, n, (first,)) for n in sorted(methods))
            for first in SECOND:
                for second in SECOND:
                    both = (first, second)
                    yield from ((kind, number, OPERATIONS_2, n, both) for n in OPERATIONS_2)
                    yield from ((kind, number, None, n, both) for n in sorted(methods))


def outcome(kind, number, table, name, names):
    container, hit = make(kind, KINDS[kind][1][number])
    arguments = [ARGUMENTS[n](container, hit) for n in names]
    try:
        if table is None:
            value = getattr(container, name)(*arguments)
        else:
            value = table[name](container, *arguments)
        if hasattr(value, "__next__"):
            value = list(itertools.islice(value, 20))
        return f"{value!r} {container!r}"
    except Exception as error:
        return type(error).__name__


def sample(kinds, step):
    """The same cases in both interpreters, whatever other methods one of them has."""
    for case in cases(kinds):
        kind, change, _, name, names = case
        if (len(kind) + change + 7 * len(name) + 11 * sum(map(len, names))) % step == 0:
            yield case


def outcomes(chosen):
    for case in chosen:
        kind, change, _, name, names = case
        yield f"{kind} {change} {name} {' '.join(names)}", outcome(*case)
