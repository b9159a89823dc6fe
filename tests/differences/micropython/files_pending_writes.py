"""
Difference: what was written to a file that nobody flushed or closed is seen by whoever looks at any path.
Cause: files are closed by the collector and not when the last reference goes, so `open("x", "w").write("…")` must not wait for it.
Workaround: none is needed; close a file, or use it in a `with` statement, before others read it.
"""
import os
import tempfile

f = open(os.path.join(tempfile.mkdtemp(), "a"), "w")
f.write("text")
print(os.path.getsize(f.name))
f.close()
