"""
Difference: functions registered with `atexit` are never called.
Cause: a session has no end that guest code could see.
Workaround: call the function, or use `try` and `finally`.
"""
import atexit

atexit.register(print, "bye")
