"""
Difference: the source of the standard library cannot be read, and tracebacks have no lines of it.
Cause: the library is frozen: it is part of the module as bytecode.
Workaround: read it where a CPython is installed.
"""
import inspect
import json

try:
    print(len(inspect.getsource(json)) > 100)
except OSError:
    print("OSError")
