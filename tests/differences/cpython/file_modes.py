"""
Difference: files have no permissions and no owner; `os.chmod` does nothing.
Cause: a session's files are its own, and nobody else has a right to them.
Workaround: none is needed.
"""
import os
import tempfile

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "file")
    open(path, "w").close()
    os.chmod(path, 0o400)
    print(oct(os.stat(path).st_mode))
    os.chmod(path, 0o600)
