"""
Difference: a native `long` of `struct` has four bytes.
Cause: WebAssembly is a 32-bit machine.
Workaround: begin the format with `<` or `>` and use `q` for eight bytes.
"""
import struct

print(struct.calcsize("l"))
