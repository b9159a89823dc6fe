"""json.loads: values, hooks and errors with their positions."""

import io
import json
from json.decoder import JSONDecodeError

for text in [
    "null", "true", " false ", "0", "-0", "-12", "1.5", "-0.0", "1e5", "1E-2", "1.25e+3",
    "123456789012345678901234567890", '""', '"abc"', '"\\n\\t\\"\\\\\\/\\b\\f\\r"',
    '"\\u00e9\\u20ac"', '"\\ud83d\\ude00"', '"é€😀"', "[]", "[ ]", "[1, 2 ,3]", "{}",
    '{"a": 1, "b": [true, null], "c": {"d": "e"}}', ' [ 1 , { "x" : [ ] } ] ',
    '{"a": 1, "a": 2}', "NaN", "[Infinity, -Infinity]", "\n[\n1\n]\n",
]:
    print(repr(json.loads(text)))
for text in [
    "", " ", "nul", "[1 2]", "[1", "[", '{"a" 1}', '{"a": }', "{'a': 1}", '{"a": 1',
    '{"a": 1 "b"}', '"abc', '"a\nb"', '"\\x"', '"\\u12"', '"\\u12g4"', "1 2", "01", "1.",
    "-", "+1", ".5", "1e", "[1]]", '["a",\n "é", x]', "{1: 2}", "tru", "\\", "{", '{"a"',
    "undefined", "[1,\n2,\n3 4]",
]:
    try:
        print(repr(text), json.loads(text))
    except JSONDecodeError as e:
        print(repr(text), e.pos, e.lineno, e.colno, e.msg.split(":")[0])
try:
    json.loads('{"a": nope}')
except ValueError as e:
    print(e, e.doc, isinstance(e, json.JSONDecodeError))
for bad in [None, 5, [1]]:
    try:
        json.loads(bad)
    except TypeError as e:
        print(e)
print(json.loads(b'{"k": "\xc3\xa9"}'), json.loads(bytearray(b"[1]")))
print(json.loads("[1.5, 2]", parse_float=str, parse_int=lambda s: s + "!"))
print(json.loads('{"b": 1, "a": {"c": 2}}', object_pairs_hook=lambda p: p))
print(json.loads('{"b": 1, "a": {"c": 2}}', object_hook=lambda d: sorted(d)))
print(json.loads("NaN", parse_constant=lambda s: s))
print(json.JSONDecoder().raw_decode('[1, "é"] tail'), json.JSONDecoder().decode("[1]"))
print(json.load(io.StringIO('{"x": [1, 2]}')))
data = {"users": [{"id": i, "name": "user%d" % i, "score": i / 7} for i in range(20)]}
print(json.loads(json.dumps(data)) == data, json.loads(json.dumps(data, indent=3)) == data)
