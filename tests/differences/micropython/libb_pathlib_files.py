"""
Difference: methods of Path that touch files raise PermissionError.
Cause: the session has no files.
Workaround: use values, or the host's functions.
"""
from pathlib import Path

try:
    print(len(list(Path("/").iterdir())) > 0)
except PermissionError:
    print("PermissionError")
