"""
Difference: a class with `__eq__` alone has no `__hash__` attribute that is `None`.
Cause: That such instances cannot be hashed is decided when hashing.
Workaround: Call `hash()` in a `try` statement.
"""
class A:
    def __eq__(self, other): return True
print(getattr(A, "__hash__", "missing"))
