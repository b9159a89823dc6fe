"""
Difference: no process can be started, by `subprocess`, `os.system` or `multiprocessing`.
Cause: the sandbox has none.
Workaround: let a host function do what the program is for.
"""
import subprocess
import sys

try:
    print(subprocess.run([sys.executable, "-c", "pass"]).returncode)
except OSError:
    print("OSError")
