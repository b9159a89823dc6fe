"""json.dumps: formats, options and errors."""

import io
import json
from json import JSONEncoder

values = [
    None, True, False, 0, -12, 2**70, 1.0, 0.1, 1e22, 1e-7, -0.0, 1e16, 123456789.123,
    "", "plain", 'q"b\\s/', "a\nb\tc\rd\be\ff\x00g\x1fh\x7f", "é€", "😀", "\\u0008",
    [], {}, [1, [2, [3]]], (1, 2), {"a": {"b": []}}, {"k": [1, {"z": None}]},
    float("nan"), float("inf"), -float("inf"),
]
for v in values:
    print(json.dumps(v))
    print(json.dumps(v, indent=2))
print(json.dumps("é€😀\x08", ensure_ascii=False))
print(json.dumps({"b": 1, "a": [1, 2], "c": {"z": 1, "y": 2}}, sort_keys=True))
print(json.dumps({"b": 1, "a": [1, 2]}, sort_keys=True, indent=4))
print(json.dumps([1, {"a": 2}], indent="\t"))
print(json.dumps([1, {"a": 2}], indent=0))
print(json.dumps([1, 2, {"a": 3}], separators=(",", ":")))
print(json.dumps([1, {"a": 3}], indent=1, separators=(" ;", "=")))
print(json.dumps({1: "a", 2.5: "b", True: "c", None: "d"}))
print(json.dumps({(1, 2): 1, "a": 2}, skipkeys=True))
print(json.dumps({(1, 2): 1}, skipkeys=True))
print(json.dumps([{1, 2} and 5, {"s": {3}}], default=lambda o: sorted(o)))


class Point:
    def __init__(self, x):
        self.x = x


class Encoder(JSONEncoder):
    def default(self, o):
        if isinstance(o, Point):
            return {"x": o.x}
        return super().default(o)


print(json.dumps([Point(1), Point([Point(2)])], cls=Encoder))
print(Encoder().encode({"p": Point(3)}), "".join(JSONEncoder().iterencode([1, 2])))


class Name(str):
    pass


class Num(int):
    pass


print(json.dumps([Name("x"), Num(3)]))
loop = []
loop.append(loop)
for f in [
    lambda: json.dumps(object()),
    lambda: json.dumps({1, 2}),
    lambda: json.dumps(b"x"),
    lambda: json.dumps({(1,): 2}),
    lambda: json.dumps(1j),
    lambda: json.dumps(loop),
    lambda: json.dumps(float("nan"), allow_nan=False),
    lambda: json.dumps([Point(1), 2], cls=JSONEncoder),
]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
try:
    json.dumps({1, 2})
except TypeError as e:
    print(e)
out = io.StringIO()
json.dump({"a": [1, 2, 3]}, out, indent=2)
print(out.getvalue())


class Nested(JSONEncoder):
    def default(self, o):
        return self.encode({"inner": sorted(o)})


print(json.dumps({"a": {2, 1}, "b": [{"a": 1}, {"a": {3}}]}, cls=Nested))
