"""
Difference: a file is not its own iterator, and its position can be told in a loop over its lines.
Cause: the loop goes through the lines in C.
Workaround: call `next()` or `readline()` on the file itself where the two must be the same object.
"""
import os
import tempfile

with open(os.path.join(tempfile.mkdtemp(), "a"), "w+") as f:
    print(iter(f) is f)
