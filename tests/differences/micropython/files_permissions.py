"""
Difference: `chmod` changes nothing; files are shown as `0o644`, folders as `0o755`.
Cause: files of a session have no permissions.
Workaround: do not rely on them.
"""
import os
import tempfile

folder = tempfile.mkdtemp()
os.chmod(folder, 0o700)
print(oct(os.stat(folder).st_mode & 0o777))
