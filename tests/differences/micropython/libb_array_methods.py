"""
Difference: `array.array` has `append`, `extend`, indexing and slicing, but not `tobytes`, `tolist`, `typecode` and the rest.
Cause: the class is the interpreter's own small one.
Workaround: use `list(a)` and `bytes(a)`, and keep the type code yourself.
"""
from array import array

a = array("i", [1, 2])
print(hasattr(a, "tobytes"), hasattr(a, "tolist"), hasattr(a, "typecode"))
