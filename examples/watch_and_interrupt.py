"""Show output as it comes, and stop a run from another thread.

Prints::

    stdout: step 0
    stdout: step 1
    stdout: step 2
    stopped: Interrupted
    still there: 2
"""

from __future__ import annotations

from sandbox_wasm import Session

CODE = """
import time
for step in range(1000):
    print("step", step)
    time.sleep(0.01 if step < 2 else 60)
"""


def show(stream: str, text: str) -> None:
    print(f"{stream}: {text}", end="")
    if "step 2" in text:
        session.interrupt()  # as another thread could, or a button


with Session() as session:
    result = session.submit(CODE, check=False, on_output=show, wall_seconds=30).result()
    print("stopped:", type(result.error).__name__)
    print("still there:", session.run("step").value)
