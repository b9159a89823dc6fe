"""typing: what annotated code imports and does with it at run time."""
from __future__ import annotations

import typing
from typing import *
from typing import Annotated, Protocol, TypedDict, runtime_checkable

T = TypeVar("T")
K = TypeVar("K", bound=str)
Vector = List[float]
Handler = Callable[[int, str], bool]
UserId = NewType("UserId", int)


def f(a: int, b: Optional[str] = None, *args: Any, **kw: Dict[str, List[int]]) -> Union[int, str]:
    x: int = a
    y: List[int] = []
    return x if b is None else b


print(f(1), f(1, "b"), UserId(5) + 1, cast(int, "x"), cast("List[int]", 3), TYPE_CHECKING)
for hint in (
    List[int], Dict[str, List[int]], Tuple[int, ...], Set[str], FrozenSet[int], Type[int], Union[int], Callable[[int], str], Callable[..., int], Any, List, Literal["a", 1], ClassVar[int], Final[int],
    Iterable[int], Iterator[str], Sequence[int], Mapping[str, int], List[T], Dict[str, Any], Generator[int, None, None], Awaitable[int],
):  # fmt: skip
    print(hint, end="; ")
print()
print(get_origin(List[int]), get_args(Dict[str, int]), get_origin(int), get_args(int), get_args(Callable[[int, str], bool]))
print(get_args(Optional[int]), get_origin(Optional[int]) is Union, get_args(Literal["a", "b"]), List[int] == List[int], List[int] != List[str])
print(Union[int, str] == Union[str, int], hash(List[int]) == hash(List[int]), {List[int]: 1}[List[int]], repr(T))


class Stack(Generic[T]):
    def __init__(self) -> None:
        self.items: List[T] = []

    def push(self, item: T) -> None:
        self.items.append(item)

    def pop(self) -> T:
        return self.items.pop()


s = Stack[int]()
s.push(1)
print(s.pop(), type(s).__name__, isinstance(s, Stack))


class Pair(Generic[K, T]):
    def __init__(self, k: K, v: T):
        self.k, self.v = k, v




print(Pair("a", 1).v, Pair[str, int]("b", 2).k)


@runtime_checkable
class Quacks(Protocol):
    def quack(self) -> str: ...


class Duck:
    def quack(self):
        return "quack"


class Loud(Quacks):
    def quack(self):
        return "QUACK"


print(isinstance(Duck(), Quacks), isinstance(5, Quacks), isinstance(Loud(), Quacks), Loud().quack())


class NotChecked(Protocol):
    x: int


try:
    isinstance(5, NotChecked)
except TypeError:
    print("TypeError")


class Point(NamedTuple):
    x: int
    y: int = 0

    def norm(self) -> int:
        return self.x**2 + self.y**2


p = Point(3, 4)
print(p, p.norm(), p.x, Point(1), Point(y=1, x=2), p == (3, 4), Point._fields, p._replace(x=0), isinstance(p, tuple))
Emp = NamedTuple("Emp", [("name", str), ("id", int)])
print(Emp("a", 1), Emp._fields)


class Movie(TypedDict):
    name: str
    year: int


class Series(Movie, total=False):
    seasons: int


m: Movie = {"name": "x", "year": 1}
n = Movie(name="y", year=2)
print(m["name"], n, type(n) is dict, Series(name="z", seasons=3))
TD = TypedDict("TD", {"a": int})
print(TD(a=1))


@overload
def g(x: int) -> int: ...
@overload
def g(x: str) -> str: ...
def g(x):
    return x


print(g(3), g("s"))


@final
class Sealed:
    count: ClassVar[int] = 0
    limit: Final = 5
    tagged: Annotated[int, "meta"] = 1


print(Sealed.count, Sealed.limit, Sealed().tagged)
try:
    List[int]()
except TypeError:
    print("no instance")
try:
    Union()
except TypeError:
    print("TypeError")
print(isinstance([], List), isinstance({}, Mapping), isinstance(len, Callable), isinstance([], Iterable))
Number = Union[int, float]
Tree = Dict[str, "Tree"]
print(get_args(Number), DefaultDict[str, int], Deque[int], Counter[str], typing.OrderedDict[str, int])
