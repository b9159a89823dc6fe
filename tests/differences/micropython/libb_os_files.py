"""
Difference: functions of os that touch files raise PermissionError.
Cause: the session has no files.
Workaround: use values, or the host's functions.
"""
import os

try:
    print(len(os.listdir("/")) > 0)
except PermissionError:
    print("PermissionError")
