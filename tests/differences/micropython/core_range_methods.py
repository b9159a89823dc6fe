"""
Difference: range has no index and count.
Cause: They are left out.
Workaround: Use list(r).index(x), or arithmetic.
"""
print(hasattr(range(3), "index"))
