"""Lets LLM know the toolbox by its name: ``llm -T Sandbox``."""

import llm

from sandbox_wasm.integrations.llm import Sandbox


@llm.hookimpl
def register_tools(register):
    register(Sandbox)
