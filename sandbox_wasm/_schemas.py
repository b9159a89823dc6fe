"""JSON schemas of host functions, by pydantic: what their hints accept, and return."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from inspect import Parameter
from typing import Any, NamedTuple

from ._parameters import Parameters

Schema = dict[str, Any]


class Described(NamedTuple):
    """A host function, as far as guest code is told of it."""

    name: str
    function: Callable[..., Any]
    parameters: Parameters | None
    read_only: bool = False
    is_method: bool = False  # of a class whose instances guest code has by reference


def schemas(functions: Iterable[Described]) -> list[Schema]:
    """Return the description of each function as a tool, in the form that models are told.

    Each is a dict with ``name``, ``description``, ``parameters`` (the JSON schema of an
    object) and ``returns`` (a JSON schema; empty where there is no hint). A class has the
    same name in ``$defs`` wherever it comes. A function that was registered as read-only
    has ``annotations`` with ``readOnlyHint``, as the Model Context Protocol calls it.
    """
    listed = list(functions)
    found, definitions = _of_hints(listed)
    return [_describe(each, found, definitions) for each in listed]


def _describe(each: Described, found: dict[tuple[str, str], Schema], defs: Schema) -> Schema:
    name, function, parameters, read_only, _ = each
    properties: Schema = {}
    required: list[str] = []
    schema: Schema = {"type": "object", "properties": properties}
    more: bool | Schema = parameters is None
    for parameter in _parameters(function):
        own = found.get((name, parameter.name), {})
        if parameter.kind is Parameter.VAR_KEYWORD:
            more = own or True
        elif parameter.kind is Parameter.VAR_POSITIONAL:
            properties[parameter.name] = {"type": "array", "items": own}
        else:
            properties[parameter.name] = own
            if parameter.default is Parameter.empty:
                required.append(parameter.name)
            elif is_plain(parameter.default):
                properties[parameter.name] = {**own, "default": parameter.default}
    if required:
        schema["required"] = required
    schema["additionalProperties"] = more
    described: Schema = {
        "name": name,
        "description": _description(function),
        "parameters": _with_definitions(schema, defs),
        "returns": _with_definitions(found.get((name, "return"), {}), defs),
    }
    if read_only:
        described["annotations"] = {"readOnlyHint": True}
    return described


def is_plain(value: object) -> bool:
    """Return whether JSON and Python write *value* alike, but for the words for None."""
    return value is None or type(value) in (bool, int, float, str)


def _description(function: Callable[..., Any]) -> str:
    # The docstring of a class or an object is not about calling it.
    return (inspect.getdoc(function) or "") if inspect.isroutine(function) else ""


def _parameters(function: Callable[..., Any]) -> list[Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except ValueError:  # a builtin that does not tell
        return []


def _of_hints(functions: list[Described]) -> tuple[dict[tuple[str, str], Schema], Schema]:
    hints = {
        (name, key): hint
        for name, _, parameters, _, _ in functions
        if parameters is not None
        for key, hint in parameters.marked.items()
        if hint is not Any
    }
    if not hints:
        return {}, {}
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticInvalidForJsonSchema

    known = []
    for key, hint in hints.items():
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
        try:
            adapter.json_schema()
        except PydanticInvalidForJsonSchema:  # a type that JSON has no word for
            continue
        known.append((key, "validation", adapter))
    found, shared = TypeAdapter.json_schemas(known)  # type: ignore[arg-type]
    return {key: dict(schema) for (key, _), schema in found.items()}, shared.get("$defs", {})


def _with_definitions(schema: Schema, definitions: Schema) -> Schema:
    """Return *schema* with those definitions that it refers to, at whatever remove."""
    used: Schema = {}
    left: list[Any] = [schema]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            name = str(item.get("$ref", "")).rpartition("/")[2]
            if name in definitions and name not in used:
                used[name] = definitions[name]
                left.append(definitions[name])
            left.extend(item.values())
        elif isinstance(item, list):
            left.extend(item)
    return {**schema, "$defs": used} if used else schema
