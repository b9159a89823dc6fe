"""
Difference: `Thread.start` raises `RuntimeError`.
Cause: the sandbox runs on one thread.
Workaround: call the function, or use `asyncio`.
"""
import threading

t = threading.Thread(target=print, args=("ran",))
try:
    t.start()
    t.join()
except RuntimeError as e:
    print("RuntimeError")
