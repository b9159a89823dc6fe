# What is compiled into the interpreter as bytecode: the event loop that comes
# with MicroPython, and the library written for the sandbox. A folder's own order
# is not the same on every machine, so the files are listed by name.
import os

include("$(MPY_DIR)/extmod/asyncio")

for folder, _, names in sorted(os.walk("lib")):
    for name in sorted(names):
        if name.endswith(".py"):
            freeze("lib", os.path.relpath(os.path.join(folder, name), "lib"), opt=0)
