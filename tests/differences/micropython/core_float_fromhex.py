"""
Difference: `float.fromhex` is missing.
Cause: It is left out.
Workaround: Use `int(text, 16)` and `math.ldexp`.
"""
print(hasattr(float, "fromhex"))
