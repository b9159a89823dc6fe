"""The sandbox inside other people's agents: one module for each framework.

Each is imported by its own name and needs the extra of that name. They use the public API
alone, so what is here can be done in an application as well.
"""
