"""
Difference: `platform` tells of the sandbox.
Cause: the host's system is not the program's business.
Workaround: none.
"""
import platform

print(platform.system(), platform.python_implementation())
