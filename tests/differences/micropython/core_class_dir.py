"""
Difference: `dir` lists fewer names, without the special methods of `object`.
Cause: The methods of object are not attributes.
Workaround: Filter names that start with an underscore.
"""
class A: pass
print("__eq__" in dir(A()))
