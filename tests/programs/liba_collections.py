"""collections: Counter, defaultdict, OrderedDict, deque, namedtuple and the rest."""
import collections
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque, namedtuple


def fails(f, *args, **kwargs):
    try:
        print("no error", f(*args, **kwargs))
    except Exception as e:
        print(type(e).__name__)


c = Counter("abracadabra")
print(c, c["a"], c["zz"], len(c), "zz" in c, c.most_common(2), c.most_common(0), sum(c.values()))
print(Counter(a=2, b=1), Counter({"x": 3}), Counter(), Counter([1, 1, 2]), sorted(Counter("hello").elements()))
d = Counter("abc")
d.update("aab"), d.update({"z": 5}), d.update(b=2), d.subtract("aaaaa")
print(sorted(d.items()), d.total())
print(Counter(a=3, b=1) + Counter(a=1, c=2), Counter(a=3, b=1) - Counter(a=1, b=2), Counter(a=3, b=1) & Counter(a=1, b=2), Counter(a=3, b=1) | Counter(a=1, b=2))
print(+Counter(a=1, b=-1), -Counter(a=1, b=-1))
e = Counter(a=1)
e += Counter(b=2)
e -= Counter(b=1)
e |= Counter(c=4)
e &= Counter(c=3, b=9)
print(sorted(e.items()), Counter(a=1) == Counter(a=1, b=0), Counter(a=1) == {"a": 1}, Counter(a=1) <= Counter(a=2), Counter(a=1) < Counter(a=1), Counter(a=1) != Counter(a=2))
del e["b"], e["nothing"]
print(e, isinstance(e, dict), dict(e), e.copy(), [k for k in e], e.pop("c"), bool(e))
fails(Counter.fromkeys, "ab")
words = "the quick the lazy the dog quick".split()
print(Counter(words).most_common(), max(Counter(words).items(), key=lambda kv: kv[1]), Counter(words).get("cat", 0))
c = Counter()
for w in words:
    c[w] += 1
print(c, Counter("ab") == Counter("ba"), sorted(c, key=c.get, reverse=True)[0], all(n > 0 for n in c.values()))
print(Counter(i % 3 for i in range(10)), Counter({"a": 1.5}), Counter((1, 2) for _ in range(2)))

d = defaultdict(list)
d["a"].append(1), d["b"].append(2), d["a"].append(3)
print(d["a"], sorted(d.items()), len(d), "c" in d, d.get("c"), d.default_factory is list)
print(defaultdict(int, {"x": 1})["y"], dict(defaultdict(int, a=1)), defaultdict(None, {1: 2}), repr(defaultdict(None)))
n = defaultdict(lambda: defaultdict(int))
n["x"]["y"] += 5
print(n["x"]["y"], n["q"]["w"], sorted(n), {k: dict(v) for k, v in n.items()})
fails(lambda: defaultdict()["k"]), fails(defaultdict, 5)
t = defaultdict(set)
t[1].add(2)
print(t == {1: {2}}, t.copy()[1], t.pop(1), t, t.setdefault(3, 4)) if False else print(dict(t))
k = defaultdict(int)
for ch in "mississippi":
    k[ch] += 1
print(sorted(k.items()), isinstance(k, dict), k == {"m": 1, "i": 4, "s": 4, "p": 2})
k.update(z=1), k.clear()
print(k == {}, not k)

o = OrderedDict([("b", 1), ("a", 2), ("c", 3)])
print(list(o), list(o.items()), o["a"])
o.move_to_end("b"), o.move_to_end("c", last=False)
print(list(o), o.popitem(), o.popitem(last=False), list(o.items()))
fails(o.move_to_end, "zz"), fails(OrderedDict().popitem), fails(lambda: o["zz"])
print(OrderedDict(a=1) == OrderedDict(a=1), OrderedDict([(1, 1), (2, 2)]) == OrderedDict([(2, 2), (1, 1)]), OrderedDict([(1, 1), (2, 2)]) == {2: 2, 1: 1})
print(list(reversed(OrderedDict([(1, 1), (2, 2)]))), OrderedDict.fromkeys("ab", 0) == {"a": 0, "b": 0}, isinstance(o, dict), len(o), o.copy() == o)


class LRU:
    def __init__(self, n):
        self.n, self.d = n, OrderedDict()

    def get(self, k):
        if k not in self.d:
            return -1
        self.d.move_to_end(k)
        return self.d[k]

    def put(self, k, v):
        if k in self.d:
            self.d.move_to_end(k)
        self.d[k] = v
        if len(self.d) > self.n:
            self.d.popitem(last=False)


lru = LRU(2)
lru.put(1, 1), lru.put(2, 2)
print(lru.get(1), lru.put(3, 3), lru.get(2), lru.get(3), list(lru.d))

q = deque([1, 2, 3])
q.append(4), q.appendleft(0)
print(q, q.pop(), q.popleft(), list(q), len(q), q[0], q[-1], 2 in q, q.maxlen)
q.rotate(1)
print(q, end=" ")
q.rotate(-2)
print(q, deque("abc"), deque([1, 2, 3], maxlen=2), deque(maxlen=3), deque())
m = deque(maxlen=3)
for i in range(5):
    m.append(i)
print(m, m.maxlen)
m.appendleft(9)
m.extend([7, 8]), m.extendleft("xy")
print(m, q.count(2), q.index(3), list(reversed(q)))
q.insert(1, "i"), q.remove(2), q.reverse()
q[0] = "z"
del q[1]
print(q, q == deque(q), deque([1]) < deque([2]), q.copy(), q + deque([5]), q * 2, bool(deque()), deque([1, 2]) != [1, 2])
q.clear()
fails(q.pop), fails(q.popleft), fails(lambda: q[0]), fails(q.remove, 1), fails(q.index, 1), fails(deque, [1], -1), fails(m.insert, 0, 1)
q = deque()
for i in range(200):
    q.append(i)
    if i % 3:
        q.popleft()
    if i % 5 == 0:
        q.appendleft(-i)
print(len(q), sum(q), q[0], q[5], q[-1])
seen, todo, graph = {0}, deque([0]), {0: [1, 2], 1: [3], 2: [3, 4], 3: [5], 4: [5], 5: []}
order = []
while todo:
    node = todo.popleft()
    order.append(node)
    for nxt in graph[node]:
        if nxt not in seen:
            seen.add(nxt)
            todo.append(nxt)
print(order)


class Log(deque):
    def append(self, x):
        super().append(x * 2)


log = Log([1], maxlen=2)
log.append(5), log.append(6)
print(list(log))

P = namedtuple("P", "x y")
p = P(1, y=2)
print(p, p.x, p[1], p == (1, 2), (1, 2) == p, p < P(1, 3), hash(p) == hash((1, 2)), {p: 1}[(1, 2)], len(p), list(p), P._fields)
x, y = p
print(x, y, p._replace(x=9), p._asdict(), P._make([5, 6]), isinstance(p, tuple), P(*[1, 2]), sorted([P(2, 1), P(1, 5)]), p.count(1), p.index(2), p[:1], p[-1], 2 in p)
fails(P, 1), fails(P, 1, 2, 3), fails(P, 1, z=2), fails(p._replace, z=1), fails(setattr, p, "x", 5), fails(lambda: p.z)
D = namedtuple("D", ["a", "b", "c"], defaults=[10, 20])
print(D(1), D(1, 2), D(1, c=3), D._field_defaults, D(a=0))
fails(D), fails(namedtuple, "X", "a a"), fails(namedtuple, "X", "_a"), fails(namedtuple, "X", "class"), fails(namedtuple, "X", "a b", defaults=[1, 2, 3])
print(namedtuple("R", "a, class, a", rename=True)._fields, namedtuple("E", "")())


class Point(namedtuple("Point", "x y")):
    def norm(self):
        return self.x * self.x + self.y * self.y

    @property
    def sum(self):
        return self.x + self.y


pt = Point(3, 4)
print(pt, pt.norm(), pt.sum, pt._replace(x=0), type(pt._replace(x=0)).__name__, pt == Point(3, 4), max([pt, Point(9, 0)]))

ch = ChainMap({"a": 1}, {"a": 2, "b": 3})
print(ch["a"], ch["b"], ch.get("c", 0), sorted(ch), len(ch), "b" in ch, ch)
ch["b"] = 9
print(ch.maps, ch.new_child({"z": 1})["z"], ch.parents["a"], dict(ch.items()) == {"a": 1, "b": 9})
fails(lambda: ch["zz"]), fails(ch.pop, "zz")


class Lower(UserDict):
    def __setitem__(self, k, v):
        super().__setitem__(k.lower(), v)


u = Lower({"A": 1}, B=2)
u["C"] = 3
print(sorted(u.items()), "a" in u, u.pop("a"), len(u), u.setdefault("d", 4), u.data == {"b": 2, "c": 3, "d": 4})
ul = UserList([3, 1, 2])
ul.append(0), ul.sort()
print(ul, ul[0], ul[1:], ul + [9], len(ul), ul == [0, 1, 2, 3], 3 in ul, [v for v in ul])
print(collections.Counter is Counter, collections.deque is deque)
