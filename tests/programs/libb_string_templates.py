"""string: constants, Template, Formatter and capwords."""

import string

print(repr(string.whitespace), string.ascii_letters, string.digits, string.hexdigits)
print(string.octdigits, string.punctuation, len(string.printable))
print(string.capwords("hello big  world"), string.capwords("a-b-cd", "-"))
T = string.Template
print(T("$who likes ${what}s, $$5").substitute(who="tim", what="kung pao"))
print(T("$a $b").safe_substitute(a=1), T("$ x ${bad $").safe_substitute(x=2))
print(T("$a-$b").substitute({"a": 1}, b=2), T("$a").substitute({"a": 1}, a=3))
for text, names in [("$a $c", {"a": 1}), ("one\n $ x", {}), ("${}", {})]:
    try:
        print(T(text).substitute(names))
    except KeyError as e:
        print("KeyError", e.args)
    except ValueError as e:
        print("ValueError", e)
print(T("$a").template)


class Box:
    x = 2


f = string.Formatter()
print(f.format("{} {1} {name!r:>6}".replace("{}", "{0}"), 1, 2, name="x"))
print(f.format("{:05.1f}|{:>{}}", 3.14159, "ab", 5))
print(f.vformat("{a[0]}-{b.x}", (), {"a": [7], "b": Box()}), f.format("{{}}"))
print(list(f.parse("x{0!r:>3}y{z}{{")))


class Default(string.Formatter):
    def get_value(self, key, args, kwargs):
        if isinstance(key, str):
            return kwargs.get(key, "?")
        return super().get_value(key, args, kwargs)


print(Default().format("{a} {b} {0}", 1, a=2))
for fmt in ["{", "}", "{x}", "{0}"]:
    try:
        print(f.format(fmt))
    except Exception as e:
        print(type(e).__name__)
