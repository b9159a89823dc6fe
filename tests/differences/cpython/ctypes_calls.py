"""
Difference: `ctypes` finds no library and calls nothing; types, sizes and structures can be declared.
Cause: there is no native code to call.
Workaround: use `struct` for the layout of bytes.
"""
import ctypes

print(hasattr(ctypes, "pythonapi"))
