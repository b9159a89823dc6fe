"""Lets Datasette know the enrichment."""

from datasette import hookimpl

from sandbox_wasm.integrations.datasette_enrichments import SandboxEnrichment


@hookimpl
def register_enrichments():
    return [SandboxEnrichment()]
