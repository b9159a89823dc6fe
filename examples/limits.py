"""What each limit does to code that goes too far.

Prints::

    endless loop: WallTimeExceeded: guest exceeded wall_seconds=0.3
    too much memory: GuestError MemoryError
    too much output: 1000 characters kept, truncated: True
    too many host calls: HostCallsExceeded: guest exceeded host_calls=10
"""

from __future__ import annotations

from sandbox_wasm import Limits, run

result = run("while True: pass", limits=Limits(wall_seconds=0.3), check=False)
print(f"endless loop: {type(result.error).__name__}: {result.error}")

result = run("x = [0] * 10_000_000", limits=Limits(memory_bytes=8 << 20), check=False)
print(f"too much memory: {type(result.error).__name__}", getattr(result.error, "type_name", ""))

result = run("for _ in range(1000): print('x' * 99)", limits=Limits(output_bytes=1000))
print(f"too much output: {len(result.stdout)} characters kept, truncated: {result.truncated}")

result = run(
    "while True: tick()",
    functions={"tick": lambda: None},
    limits=Limits(host_calls=10),
    check=False,
)
print(f"too many host calls: {type(result.error).__name__}: {result.error}")
