"""Lets Datasette Agent know the tool."""

from datasette import hookimpl

from sandbox_wasm.integrations import datasette_agent


@hookimpl
def register_agent_tools(datasette):
    return datasette_agent.agent_tools(datasette)
