"""enum: Enum, IntEnum, Flag and what is common in generated code."""
from enum import Enum, IntEnum, Flag, IntFlag, auto, unique
class Color(Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1
    BLUE = 3
    def hi(self): return "hi " + self.name
    @property
    def low(self): return self.name.lower()
    @classmethod
    def default(cls): return cls.RED
    @staticmethod
    def st(): return 5
print(Color.RED, repr(Color.RED), Color(2), Color['BLUE'], Color.CRIMSON is Color.RED, list(Color), len(Color), Color.RED.name, Color.RED.value)
print(Color.RED in Color, Color.GREEN.hi(), Color.GREEN.low, Color.default(), Color.st(), isinstance(Color.RED, Color), Color.RED == Color.RED, Color.RED != Color.BLUE, Color.RED == 1)
for f in (lambda: Color(9), lambda: Color['X'], lambda: Color.X, lambda: Color.RED < Color.BLUE, lambda: setattr(Color.RED, 'value', 4)):
    try: print(f())
    except Exception as e: print(type(e).__name__)
print({Color.RED: 1}[Color(1)], [c.name for c in Color], list(Color.__members__), type(Color.RED) is Color, hash(Color.RED)==hash(Color(1)))
class P(IntEnum):
    LOW = 1
    HIGH = 3
print(P.LOW < P.HIGH, P.LOW + 1, P.HIGH == 3, 3 == P.HIGH, sorted([P.HIGH, P.LOW]), int(P.LOW), str(P.LOW) in ("1","P.LOW"), [10,20][P.LOW], P(3), max(P), 2 < P.HIGH, repr(P.LOW), isinstance(P.LOW, int), {3:'x'}[P.HIGH], P.LOW.name, 5 - P.HIGH)
class S(str, Enum):
    A = "a"
    B = "b"
print(S.A == "a", "a" == S.A, S("b"), repr(S.B), S.A.upper(), {"a": 1}[S.A], S.A.value, isinstance(S.A, str), S.A + "x", "x" + S.A, S.A in ("a",))
class Au(Enum):
    X = auto()
    Y = auto()
    Z = 10
    W = auto()
print([(m.name, m.value) for m in Au])
class Planet(Enum):
    EARTH = (5.9, 6.3)
    MARS = (6.4, 3.3)
    def __init__(self, mass, radius):
        self.mass = mass; self.radius = radius
    @property
    def d(self): return self.mass/self.radius
print(Planet.EARTH.mass, Planet.MARS.d, Planet.EARTH.value, Planet((6.4, 3.3)))
class Coord(bytes, Enum):
    def __new__(cls, value, label):
        obj = bytes.__new__(cls, [value]); obj._value_ = value; obj.label = label
        return obj
    PX = (0, 'P.X')
    PY = (1, 'P.Y')
print(Coord.PY.label, Coord(0).name, Coord.PY.value)
class Perm(Flag):
    R = 4
    W = 2
    X = 1
    RW = 6
p = Perm.R | Perm.W
print(p is Perm.RW, Perm.R in p, Perm.X in p, p & Perm.R, bool(p & Perm.X), (p ^ Perm.R), p.value, ~Perm.R == (Perm.W|Perm.X), list(Perm), Perm(0).value, bool(Perm(0)), Perm.R | Perm.X == Perm(5))
class F(Flag):
    A = auto(); B = auto(); C = auto()
print([m.value for m in F], (F.A|F.C).value)
class IF(IntFlag):
    A = 1; B = 2
print(IF.A | IF.B, (IF.A|IF.B) == 3, IF.A & 1, isinstance(IF.A, int), IF.A + 1, (IF.A|8).value)
try:
    @unique
    class U(Enum):
        A = 1; B = 1
except ValueError as e: print("VE")
class Ord(Enum):
    A=1;B=2
    def __lt__(self, o): return self.value < o.value
print(Ord.A < Ord.B, sorted([Ord.B, Ord.A]))
Fn = Enum('Fn', 'CAT DOG'); print(list(Fn), Fn.CAT.value, Fn(2), Enum('G', {'x': 5}).x.value)
class Ms(Enum):
    A = 1
    @classmethod
    def _missing_(cls, v): return cls.A if v == 'a' else None
print(Ms('a'))
try: Ms('b')
except ValueError as e: print(e)
class Base(Enum):
    def shout(self): return self.name.upper() + '!'
class Child(Base):
    a = 1
print(Child.a.shout())
try:
    class Bad(Child): b = 2
except TypeError: print("TE")
class G(Enum):
    def _generate_next_value_(name, start, count, last): return name.lower()
    AB = auto(); CD = auto()
print([g.value for g in G], Color.RED is Color.RED, Color.RED in [Color.RED], {Color.RED, Color.CRIMSON})
import copy; print(copy.deepcopy(Color.RED) is Color.RED, copy.copy([Color.RED]))
class T(Enum):
    A = [1]
    B = {"x": 1}
print(T([1]), T.B.value, f"{Color.RED}", "%s" % Color.RED, "{}".format(Color.BLUE), bool(Color.RED))
