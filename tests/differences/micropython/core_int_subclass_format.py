"""
Difference: an instance of a subclass of int cannot be formatted as a number.
Cause: Formatting looks at the object itself, not at the integer inside it.
Workaround: Format int(x).
"""
class I(int): pass
try:
    print(f"{I(5):03d}")
except ValueError:
    print("ValueError")
