"""abc, collections.abc, numbers and types."""
from abc import ABC, abstractmethod, ABCMeta
class Shape(ABC):
    @abstractmethod
    def area(self): return 1
    @property
    @abstractmethod
    def name(self): ...
class Sq(Shape):
    def __init__(self, s): self.s=s
    def area(self): return super().area()+self.s
    @property
    def name(self): return "sq"
class Half(Shape):
    def area(self): return 1
for c in (Shape, Half):
    try: c(); print("made")
    except TypeError as e: print("TE")
print(Sq(3).area(), Sq(2).name, isinstance(Sq(1), Shape), isinstance(1, Shape))
@Shape.register
class V: pass
print(isinstance(V(), Shape), issubclass(V, Shape), isinstance(V(), Sq))
class M(metaclass=ABCMeta):
    @abstractmethod
    def f(self): ...
try: M(); print("made")
except TypeError as e: print("TE")
class MyL(list, ABC): pass
print(MyL([1,2]))
import collections.abc as ca, numbers
print([isinstance(x, ca.Iterable) for x in ([], "", {}, 5, (i for i in []), range(3), {}.keys(), iter([]), len)])
print([isinstance(x, ca.Sequence) for x in ([], "", {}, 5, (), range(3), b"", set())])
print([isinstance(x, ca.Mapping) for x in ([], {}, 5)], [isinstance(x, ca.Callable) for x in (len, lambda: 0, int, 5, Sq(1).area)])
print([isinstance(x, ca.Hashable) for x in (1, "a", [], {}, (), set(), None, object(), len)])
print([isinstance(x, numbers.Number) for x in (1, 2.0, 1j, "x", True)], [isinstance(x, numbers.Integral) for x in (1, 2.0, True)], [isinstance(x, numbers.Real) for x in (1, 2.0, 1j)])
class D(ca.MutableMapping):
    def __init__(self): self.d={}
    def __getitem__(self,k): return self.d[k]
    def __setitem__(self,k,v): self.d[k]=v
    def __delitem__(self,k): del self.d[k]
    def __iter__(self): return iter(self.d)
    def __len__(self): return len(self.d)
d=D(); d['a']=1; d.update(b=2); print(d.get('z'), d.pop('a'), list(d.items()), 'b' in d, d.setdefault('c',3), len(d), isinstance(d, ca.Mapping), dict(d), d=={'b':2,'c':3})
class S(ca.Sequence):
    def __getitem__(self,i): return [1,2,3][i]
    def __len__(self): return 3
s=S(); print(list(s), 2 in s, s.index(3), s.count(1), list(reversed(s)))
try: ca.Sequence()
except TypeError: print("TE")
import types
print(types.SimpleNamespace(a=1,b="x"), types.MappingProxyType({1:2}), types.MappingProxyType({1:2})[1])
def g(): yield 1
print(isinstance(g(), types.GeneratorType), isinstance(g, types.FunctionType), isinstance(len, types.BuiltinFunctionType), isinstance(types, types.ModuleType), isinstance(s.index, types.MethodType))
