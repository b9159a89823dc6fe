# What is compiled into the interpreter as bytecode: the event loop that comes
# with MicroPython, and the library written for the sandbox. A folder's own order
# is not the same on every machine, so the files are listed by name.
import os

# Its parts in Python: those in C take what they are given for tasks of their own.
for name in ("__init__", "core", "event", "funcs", "lock", "stream", "task"):
    freeze("$(MPY_DIR)/extmod", "asyncio/" + name + ".py", opt=3)

for folder, _, names in sorted(os.walk("lib")):
    for name in sorted(names):
        if name.endswith(".py"):
            freeze("lib", os.path.relpath(os.path.join(folder, name), "lib"), opt=0)
