"""
Difference: modules for terminals, memory maps, users and windows are missing: `mmap`, `termios`, `pwd`, `resource`, `curses`, `readline`, `tkinter`, `venv`, `ensurepip`.
Cause: the sandbox has none of what they are for.
Workaround: for `mmap`, read the file; the others have no use here.
"""
import importlib.util

print([name for name in ("mmap", "ensurepip", "venv") if importlib.util.find_spec(name) is None])
