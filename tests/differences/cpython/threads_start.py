"""
Difference: a thread cannot be started, and neither can an executor of threads.
Cause: WebAssembly has one thread here; shared memory is switched off in the engine.
Workaround: Call the function; or use asyncio, whose `to_thread` and `run_in_executor` work, one after the other.
"""
import threading

try:
    thread = threading.Thread(target=print, args=("started",))
    thread.start()
    thread.join()
except RuntimeError:
    print("RuntimeError")
