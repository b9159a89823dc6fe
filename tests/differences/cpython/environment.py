"""
Difference: there are no environment variables, no user and no home directory.
Cause: nothing of the host is told.
Workaround: `Session(env=...)` and `inputs=` give a program what it is to know.
"""
import os

print(len(os.environ) > 0)
