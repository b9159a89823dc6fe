"""
Difference: the position in a `UnicodeDecodeError` counts from the start of the line when a file is read by lines.
Cause: each line is decoded for itself; CPython decodes blocks of 8192 bytes.
Workaround: read the whole file, or its bytes, to find the place.
"""
import os
import tempfile

path = os.path.join(tempfile.mkdtemp(), "a")
with open(path, "wb") as f:
    f.write(b"one\ntwo\n\xff\n")
try:
    with open(path) as f:
        print(list(f))
except UnicodeDecodeError as error:
    print(error.start)
