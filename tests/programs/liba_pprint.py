"""pprint and reprlib: the layout of nested data."""
import reprlib
from collections import Counter, defaultdict
from pprint import PrettyPrinter, isreadable, pformat, pp, pprint

data = {
    "name": "sandbox", "numbers": list(range(30)), "nested": {"a": [1, 2, {"deep": ["x" * 20, "y" * 25, "z" * 30]}], "b": (1, 2, 3), "c": None},
    "long": ["alpha beta gamma"] * 6, "tuple": ("only one element that is long enough to be wrapped somewhere, surely" * 2,), "empty": [{}, [], (), set()],
}  # fmt: skip
pprint(data)
pprint(data, width=40)
pprint(data, compact=True, width=60)
pprint(data, indent=4, depth=2)
pprint([1, 2]), pprint("text"), pprint({3: 1, 1: 2}), pp({3: 1, 1: 2}), pprint((1,)), pprint([])
print(pformat({"b": 1, "a": 2}), pformat({"b": 1, "a": 2}, sort_dicts=False), pformat({1: "a", "b": 2}))
pprint({i: "value %d" % i for i in range(12)})
pprint([[i] * 8 for i in range(6)], width=30)
pprint({frozenset([1]): 1, "s": set(range(40))}, width=50)
pprint("the quick brown fox jumped over the lazy dog and then went home to sleep " * 3)
pprint({"text": "the quick brown fox\njumped over the lazy dog and then went home to sleep " * 2}, width=50)
pprint([{"id": i, "tags": ["a", "b"], "name": "n" * i} for i in range(5)])
loop = [1]
loop.append(loop)
print(pformat(loop).startswith("[1, <Recursion on list with id="), isreadable([1]), isreadable(loop))
pprint(Counter("abracadabra")), pprint(Counter("abcdefghijklmnopqrstuvwxyz"), width=30)
pprint(list(range(100)), compact=True), PrettyPrinter(width=10).pprint([1, 22, 333])
print(reprlib.repr(list(range(20))), reprlib.repr("x" * 100), reprlib.repr({i: i for i in range(9)}), reprlib.repr((1,)), reprlib.repr([[[[[[[[1]]]]]]]]), reprlib.repr(10**60))
