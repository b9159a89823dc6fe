"""
Difference: "%s %s" % p does not take a namedtuple apart.
Cause: the class is a subclass of the interpreter's own namedtuple, which formatting does not look into.
Workaround: "%s %s" % tuple(p).
"""
from collections import namedtuple

p = namedtuple("P", "x y")(1, 2)
try:
    print("%s-%s" % p)
except TypeError:
    print("TypeError")
