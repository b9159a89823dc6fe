"""Cells of a notebook in a sandbox, through Jupyter's own client.

Prints::

    stream: x is 3
    execute_result: 9
    error: ZeroDivisionError
"""

import os
import tempfile

from sandbox_wasm.integrations.jupyter import install


def show(message):
    kind, content = message["msg_type"], message["content"]
    if kind in ("stream", "execute_result", "error"):
        text = content.get("text") or content.get("ename") or content["data"]["text/plain"]
        print(f"{kind}: {text.strip()}")


with tempfile.TemporaryDirectory() as folder:
    install(["--prefix", folder, "--SandboxKernel.wall_seconds=20"])
    os.environ["JUPYTER_PATH"] = os.path.join(folder, "share", "jupyter")
    from jupyter_client.manager import run_kernel  # which looks there when it is imported

    with run_kernel(kernel_name="sandbox-wasm") as client:
        for cell in ("x = 3\nprint('x is', x)", "x ** 2", "1 / 0"):
            client.execute_interactive(cell, timeout=60, output_hook=show)
