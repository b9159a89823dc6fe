"""
Difference: `os.open` refuses flags without an access mode, and `os.O_RDONLY` is not 0.
Cause: WASI's libc has a bit for reading, as it has one for writing.
Workaround: Name the mode: `os.open(path, os.O_RDONLY)`.
"""
import os

open("file", "w").close()
try:
    os.close(os.open("file", 0))
    print("opened")
except OSError as error:
    print(os.strerror(error.errno))
