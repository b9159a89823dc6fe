"""
Difference: set.union and its kind take one argument.
Cause: They are binary.
Workaround: Write a.union(b).union(c), or a | b | c.
"""
try:
    print(sorted({1}.union([2], [3])))
except TypeError:
    print("TypeError")
