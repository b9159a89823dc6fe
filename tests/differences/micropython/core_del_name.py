"""
Difference: deleting an unknown name is a `KeyError`.
Cause: Names are removed from the dict of the namespace.
Workaround: Catch both, or test with `globals()`.
"""
try:
    del nope
except (NameError, KeyError) as e:
    print(type(e).__name__)
