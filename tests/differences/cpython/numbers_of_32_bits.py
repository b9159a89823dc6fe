"""
Difference: `sys.maxsize` is `2**31 - 1`, a pointer has four bytes, and `sys.platform` is `"wasi"`.
Cause: WebAssembly's memory has addresses of 32 bits.
Workaround: none is needed for integers, which are as large as one likes; a list or a text has at most `2**31 - 1` items.
"""
import sys

print(sys.maxsize, sys.platform)
