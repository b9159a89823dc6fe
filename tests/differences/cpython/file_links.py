"""
Difference: links cannot be made, neither hard nor symbolic ones.
Cause: a link in a mounted directory could lead host code elsewhere.
Workaround: copy the file.
"""
import os
import tempfile

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "file")
    open(path, "w").close()
    try:
        os.link(path, path + "2")
        print("made")
    except OSError:
        print("OSError")
