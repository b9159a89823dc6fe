"""
Difference: the functions of `os.path` take no paths of bytes.
Cause: only `str` is handled, to keep the library small.
Workaround: `os.fsdecode(path)`.
"""
import os.path

try:
    print(os.path.join(b"a", b"b"))
except TypeError:
    print("TypeError")
