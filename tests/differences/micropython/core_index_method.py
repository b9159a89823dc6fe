"""
Difference: __index__ is not used for indexing and slicing.
Cause: An index must be an integer, or have __int__.
Workaround: Write seq[int(i)].
"""
class I:
    def __index__(self): return 1
try:
    print([10, 20][I()])
except TypeError:
    print("TypeError")
