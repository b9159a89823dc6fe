"""A model with a Python of its own, through LLM. The echo model stands in for a clever one.

Prints::

    write_file -> [written]
    run_python -> => {'tea': 2, 'cake': 1}
"""

import json

import llm

from sandbox_wasm.integrations.llm import Sandbox

CODE = """
from collections import Counter
dict(Counter(open('/orders.txt').read().split()))
"""
CALLS = {
    "write_file": {"path": "/orders.txt", "text": "tea\ncake\ntea\n"},
    "run_python": {"code": CODE},
}

calls = [{"name": f"Sandbox_{name}", "arguments": arguments} for name, arguments in CALLS.items()]
conversation = llm.get_model("echo").conversation(tools=[Sandbox(limits={"wall_seconds": 5})])
chain = conversation.chain(json.dumps({"prompt": "", "tool_calls": calls}))
for each in json.loads(list(chain.responses())[-1].text())["tool_results"]:
    print(each["name"].removeprefix("Sandbox_"), "->", each["output"])
