"""
Difference: `find`, `startswith`, `split`, `replace` and the like refuse an argument of a class derived from `str`.
Cause: these methods compare the argument's type with that of the string.
Workaround: pass `str(argument)`.
"""


class Text(str):
    pass


try:
    print("a,b".split(Text(",")))
except TypeError:
    print("TypeError")
