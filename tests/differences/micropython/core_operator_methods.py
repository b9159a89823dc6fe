"""
Difference: numbers and strings have no methods for their operators, such as `__add__`.
Cause: Operators of builtin types are not attributes.
Workaround: Use the operator, or the module `operator`.
"""
print(hasattr(5, "__add__"))
