"""
Difference: bytearray has no pop, insert, reverse, remove and clear.
Cause: They are left out.
Workaround: Use slices: del b[-1], b[0:0] = b'x', b[:] = b[::-1].
"""
print(hasattr(bytearray(), "pop"))
