"""dataclasses: options, inheritance, conversion and errors."""
from dataclasses import dataclass, field, asdict, astuple, replace, fields, is_dataclass, InitVar, FrozenInstanceError, make_dataclass, KW_ONLY
from typing import List, Optional, ClassVar, Dict, Any

def fails(f, *args, **kwargs):
    try:
        print("no error", f(*args, **kwargs))
    except Exception as e:
        print(type(e).__name__)

@dataclass
class Point:
    x: int
    y: int = 0
    def norm(self): return self.x ** 2 + self.y ** 2

p = Point(1, 2)
print(p, p == Point(1, 2), p != Point(1, 3), Point(5), Point(y=1, x=2), p.norm(), p == (1, 2), Point.y)
fails(Point), fails(Point, 1, 2, 3), fails(Point, 1, z=1), fails(hash, p), fails(lambda: p < p)
p.x = 10
print(p, asdict(p), astuple(p), replace(p, y=5), [f.name for f in fields(p)], is_dataclass(p), is_dataclass(Point), is_dataclass(3), [f.type is int or f.type == "int" for f in fields(Point)])

@dataclass(order=True, frozen=True)
class V:
    major: int
    minor: int = 0
    tags: tuple = ()
    note: str = field(default="", compare=False, repr=False)

print(V(1, 2) < V(1, 3), sorted([V(2), V(1, 9), V(1)]), V(1) == V(1, note="x"), hash(V(1)) == hash(V(1)), {V(1): "a"}[V(1)], max(V(1), V(3)), V(1) <= V(1), V(2) > V(1))
fails(setattr, V(1), "major", 2)
try: V(1).major = 3
except FrozenInstanceError as e: print("frozen")

@dataclass
class Team:
    name: str
    members: List[str] = field(default_factory=list)
    scores: Dict[str, int] = field(default_factory=dict)
    total: int = field(init=False, default=7)
    count: ClassVar[int] = 3
    lead: Optional["Point"] = None
    def add(self, m): self.members.append(m)

a, b = Team("a"), Team("b")
a.add("x")
print(a, b, Team.count, a.members is not b.members, Team("c", ["q"], lead=Point(1)))
print(asdict(Team("c", ["q"], {"k": 1}, Point(1))), astuple(Team("d", lead=Point(3))))

@dataclass
class Rect:
    w: float
    h: float
    scale: InitVar[int] = 1
    area: float = field(init=False)
    def __post_init__(self, scale):
        self.area = self.w * self.h * scale

print(Rect(2, 3), Rect(2, 3, 10).area)

@dataclass
class Animal:
    name: str
    legs: int = 4

@dataclass
class Dog(Animal):
    breed: str = "mutt"
    legs: int = 3

print(Dog("Rex"), Dog("A", 4, "lab"), isinstance(Dog("x"), Animal), Dog("x") == Animal("x"), [f.name for f in fields(Dog)])

@dataclass(kw_only=True)
class K:
    a: int
    b: int = 2
print(K(a=1)), fails(K, 1)

@dataclass
class K2:
    a: int
    _: KW_ONLY
    b: int = 0
    c: int
print(K2(1, c=2)), fails(K2, 1, 2)

@dataclass(eq=False)
class NoEq:
    x: int
print(NoEq(1) == NoEq(1), NoEq(1) != NoEq(1))

@dataclass(repr=False, init=False)
class Bare:
    x: int = 1
    def __init__(self): self.x = 9
    def __repr__(self): return "bare%d" % self.x
print(Bare())

@dataclass(unsafe_hash=True)
class H:
    x: int
print(hash(H(1)) == hash(H(1)), len({H(1), H(1), H(2)}))

@dataclass
class Node:
    val: int
    next: Optional["Node"] = None
n = Node(1, Node(2))
print(n, n.next.next, asdict(n))
n.next.next = n
print(n)
def bad():
    @dataclass
    class B:
        x: list = []
fails(bad)
def bad2():
    @dataclass
    class B:
        x: int = 1
        y: int
fails(bad2)
C = make_dataclass("C", [("x", int), ("y", int, 5)])
print(C(1), fields(C)[1].default)
print(Point.__match_args__, Point(1).__eq__(3), replace(V(1), minor=4))
fails(asdict, 3), fails(fields, 3), fails(replace, 3)
import copy
t = Team("z", ["m"]); u = copy.deepcopy(t); u.members.append("n"); print(t.members, u.members, copy.copy(t).members is t.members, copy.deepcopy(V(1)) == V(1))
