"""The service's description in OpenAPI."""

from __future__ import annotations

from typing import Any

from ... import __version__
from ._room import ANSWERS

_TEXT = {"type": "string"}
_ID = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
_PATH = {"name": "path", "in": "path", "required": True, "schema": _TEXT,
         "description": "The path of a file, without the first slash."}  # fmt: skip
_RUN = {
    "code": {"type": "string", "description": "Python."},
    "inputs": {"type": "object", "description": "Values of global variables."},
    "wall_seconds": {"type": "number", "description": "Less than the limit."},
    "stream": {
        "type": "boolean",
        "description": "Answer with server-sent events: output, question, and result, the last.",
    },
}
_RESULT = {
    "value": {"description": "The value of the last expression, if it is JSON."},
    "value_repr": {"type": "string", "description": "In its place, if it is not."},
    "stdout": _TEXT,
    "stderr": _TEXT,
    "truncated": {"type": "boolean"},
    "usage": {"type": "object"},
    "files": {"type": "object"},
    "error": {"type": ["object", "null"], "description": "What ended the run."},
}


def _body(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required,
              "additionalProperties": False}  # fmt: skip
    return {"required": True, "content": {"application/json": {"schema": schema}}}


_ANSWERING = _body({"answer": {"enum": list(ANSWERS)}, "value": {}}, ["answer"])


def _answer(text: str, properties: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"description": text}
    if properties is not None:
        schema = {"type": "object", "properties": properties}
        found["content"] = {"application/json": {"schema": schema}}
    return found


def _operation(
    summary: str, status: str, answer: dict[str, Any], *, open_to_all: bool = False, **more: Any
) -> dict[str, Any]:
    found: dict[str, Any] = {"summary": summary, "responses": {status: answer}, **more}
    if open_to_all:
        found["security"] = []
    else:
        found["responses"] |= {
            "401": {"description": "There is no token, or a wrong one."},
            "default": _answer("It was not served.", {"error": {"type": "object"}}),
        }
    return found


def document() -> dict[str, Any]:
    """Return the description."""
    ran = _answer("The result. What the code raises is part of it.", _RESULT)
    ran["content"]["text/event-stream"] = {"schema": _TEXT}
    binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "sandbox-wasm",
            "version": __version__,
            "description": "Runs Python that you do not trust.",
        },
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
        "paths": {
            "/health": {"get": _operation("Whether it serves", "200", _answer("It does."),
                                          open_to_all=True)},
            "/metrics": {"get": _operation("Counts for Prometheus", "200", _answer("Text."))},
            "/openapi.json": {"get": _operation("This", "200", _answer("This."),
                                                open_to_all=True)},
            "/v1/about": {"get": _operation("Limits, and what there is", "200", _answer("Those."))},
            "/v1/run": {"post": _operation("Run code in a session of its own", "200", ran,
                requestBody=_body({**_RUN, "interpreter": _TEXT}, ["code"]))},
            "/v1/sessions": {
                "get": _operation("The sessions that are kept", "200", _answer("Those.")),
                "post": _operation("Begin a session", "201", _answer("The session."),
                                   requestBody=_body({"interpreter": _TEXT}, [])),
            },
            "/v1/sessions/{id}": {
                "parameters": [_ID],
                "get": _operation("State, limits and questions", "200", _answer("Those.")),
                "delete": _operation("End it", "204", _answer("It has ended.")),
            },
            "/v1/sessions/{id}/run": {
                "parameters": [_ID],
                "post": _operation("Run code in it", "200", ran,
                                   requestBody=_body(_RUN, ["code"])),
            },
            "/v1/sessions/{id}/interrupt": {
                "parameters": [_ID],
                "post": _operation("End what it runs; variables stay", "200",
                    _answer("Whether it ran something."), requestBody=_body({}, [])),
            },
            "/v1/sessions/{id}/questions/{question}": {
                "parameters": [_ID, {**_ID, "name": "question"}],
                "post": _operation("Answer what a run asks", "200",
                                   _answer("Whether it still did."), requestBody=_ANSWERING),
            },
            "/v1/sessions/{id}/files": {
                "parameters": [_ID],
                "get": _operation("Paths of its files", "200", _answer("Those.")),
            },
            "/v1/sessions/{id}/files/{path}": {
                "parameters": [_ID, _PATH],
                "get": _operation("What a file holds", "200",
                                  {"description": "That.", "content": binary}),
                "put": _operation("Write a file", "204", _answer("It is written."),
                                  requestBody={"required": True, "content": binary}),
                "delete": _operation("Remove a file", "204", _answer("It is gone.")),
            },
        },
    }  # fmt: skip
