"""Type hints of host functions, as pydantic takes them and guest code can fulfil them.

Guest code has no instances of the host's classes. What it passes for one is its data: the
value of an enum, a dict for a dataclass. pydantic knows that for JSON, which has no word for
bytes and tuples; so the hints are marked here with how such a class is made from data.
"""

from __future__ import annotations

import dataclasses
import inspect
import operator
import sys
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any

REFERENCE = "x-host-object"  # in the JSON schema of such a class
# Numbers that guest code has as well, with the format that tells them in a JSON schema: to
# pydantic they are a float or a text there. By name, for importing them takes time.
_NUMBERS = {
    ("decimal", "Decimal"): "decimal",
    ("fractions", "Fraction"): "fraction",
    ("builtins", "complex"): "complex",
}


def fitted(
    hint: Any,
    classes: Mapping[type, str],
    *,
    is_argument: bool = True,
    within: tuple[Any, ...] = (),
) -> Any:
    """Return *hint* as pydantic takes it, also where it is within another.

    Args:
        classes: Those whose instances guest code has by reference.

        is_argument: The value comes from guest code; else it goes there, and is an instance.

        within: The classes of whose fields it is one.
    """

    def again(inner: Any, *more: Any) -> Any:
        return fitted(inner, classes, is_argument=is_argument, within=(*within, *more))

    args = typing.get_args(hint)
    is_class = isinstance(hint, type) and not args  # before Python 3.11 list[int] says it is one
    if is_class and hint in classes:
        return typing.Annotated[hint, _ByReference(classes[hint])]
    if hint is bytearray:
        return typing.Annotated[hint, _Bytearray()]
    if is_class and (number := _NUMBERS.get((hint.__module__, hint.__qualname__))):
        return typing.Annotated[hint, _Number(number)]
    if typing.is_typeddict(hint) and hint not in within:
        return _typed_dict(hint, {k: again(v, hint) for k, v in _fields(hint).items()})
    if is_argument and is_class:
        if issubclass(hint, Enum):
            return typing.Annotated[hint, _ByValue(tuple(hint))]
        if hint not in within and _is_plain_dataclass(hint):
            return typing.Annotated[hint, _ByFields(hint, lambda field: again(field, hint))]
    if not args:
        return hint
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        # As a function, for type checkers take the brackets for a hint.
        return operator.getitem(typing.Annotated, (again(args[0]), *hint.__metadata__))
    if origin is typing.Literal:
        if is_argument and any(isinstance(arg, Enum) for arg in args):
            return typing.Annotated[hint, _ByValue(args, is_literal=True)]
        return hint
    inner = tuple(map(again, args))
    if all(a is b for a, b in zip(inner, args, strict=True)):
        return hint
    if origin is types.UnionType:
        origin = typing.Union
    return origin[inner if len(inner) > 1 else inner[0]]  # Required takes no tuple


def made_of(schema: Any) -> set[str]:
    """Return what pydantic makes by that schema of which guest code could make too much.

    ``"keys"``: a set, or a dict, of anything but texts; ``"decimal"``; ``"choices"``: what holds
    more of its kind, and is tried as one class after the other on each level; ``"json"``: one of
    these, of a text.
    """
    found: set[str] = set()
    has_choices = has_reference = False
    todo = [schema]
    while todo:
        node = todo.pop()
        if isinstance(node, Mapping):
            kind = node.get("type")
            keys = node.get("items_schema", {}) if kind in ("set", "frozenset") else None
            if kind == "dict":
                keys = node.get("keys_schema")  # without, they are texts
            if isinstance(keys, Mapping) and keys.get("type") != "str":
                found.add("keys")
            if kind == "decimal":
                found.add("decimal")
            has_choices = has_choices or kind == "union"
            has_reference = has_reference or kind == "definition-ref"
            if kind == "json" and made_of(node.get("schema")):
                found.add("json")
            todo.extend(node.values())
        elif isinstance(node, (list, tuple)):
            todo.extend(node)
    if has_choices and has_reference:
        found.add("choices")
    return found


def _fields(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)


def _typed_dict(hint: Any, fields: dict[str, Any]) -> Any:
    """Return a TypedDict of other *fields*; before Python 3.12 pydantic wants another kind."""
    import typing_extensions as extensions

    is_old = sys.version_info < (3, 12) and type(hint).__module__ != extensions.__name__
    if not is_old and fields == _fields(hint):
        return hint
    for name, own in fields.items():
        word = typing.get_origin(own)
        is_optional = name in hint.__optional_keys__
        if word in (extensions.Required, extensions.NotRequired):
            is_optional, own = word is extensions.NotRequired, typing.get_args(own)[0]
        fields[name] = extensions.NotRequired[own] if is_optional else own
    made = _new_typed_dict(hint.__name__, fields)
    made.__doc__ = hint.__doc__
    if hasattr(hint, "__pydantic_config__"):
        made.__pydantic_config__ = hint.__pydantic_config__
    return made


def _new_typed_dict(name: str, fields: dict[str, Any]) -> Any:
    from typing_extensions import TypedDict

    make: Any = TypedDict
    return make(name, fields)


def _is_plain_dataclass(kind: type) -> bool:
    """Whether making an instance of *kind* from its fields leaves no check of pydantic's out."""
    if not dataclasses.is_dataclass(kind):
        return False
    fields = dataclasses.fields(kind)
    try:
        known = set(_fields(kind))
        taken = set(inspect.signature(kind).parameters)
    except (NameError, TypeError, ValueError):  # pydantic may know more, or says what is wrong
        return False
    own = [item for base in kind.__mro__ for item in vars(base).items()]
    own += [(field.name, field.default) for field in fields]
    return taken == {field.name for field in fields if field.init} <= known and not any(
        name.startswith(("__pydantic_", "__get_pydantic_"))
        or type(value).__module__.partition(".")[0] == "pydantic"
        for name, value in own
    )


class _ByReference:
    """Marks a class whose instances guest code has by reference."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get_pydantic_core_schema__(self, kind: type, handler: Any) -> Any:
        from pydantic_core import PydanticCustomError, core_schema

        def refuse(value: Any) -> Any:  # JSON has no word for it
            raise PydanticCustomError(
                "is_instance_of", "Input should be a host object {name}", {"name": self.name}
            )

        return core_schema.json_or_python_schema(
            core_schema.no_info_plain_validator_function(refuse),
            core_schema.is_instance_schema(kind, cls_repr=self.name),
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "object", "title": self.name, REFERENCE: True}


class _Bytearray:
    """Marks `bytearray`, which pydantic does not know."""

    def __get_pydantic_core_schema__(self, kind: type, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(bytearray, cls_repr="bytearray")

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "string", "format": "bytearray"}


class _Number:
    """Marks a number that crosses as what it is, which its JSON schema does not say."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {**handler(schema), "format": self.name}


class _ByValue:
    """Marks what members of enums belong to, which guest code names by their values.

    Args:
        choices: The members; with *is_literal* also plain values beside them.
    """

    def __init__(self, choices: tuple[Any, ...], *, is_literal: bool = False) -> None:
        self.choices = choices
        self.is_literal = is_literal

    def __get_pydantic_core_schema__(self, kind: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        own = handler(kind)
        found = core_schema.no_info_before_validator_function(self._member, own)
        # In JSON pydantic looks for members by itself, but for those that a Literal names.
        return found if self.is_literal else core_schema.json_or_python_schema(own, found)

    def _member(self, value: Any) -> Any:
        for choice in self.choices:
            own = choice.value if isinstance(choice, Enum) else choice
            # True is not the member whose value is 1.
            is_bool = isinstance(value, bool)
            if isinstance(own, type(value)) and is_bool is isinstance(own, bool) and own == value:
                return choice
        if not self.is_literal:
            return value
        from pydantic_core import PydanticCustomError

        shown = (repr(c.value if isinstance(c, Enum) else c) for c in self.choices)
        raise PydanticCustomError(
            "literal_error", "Input should be {expected}", {"expected": " or ".join(shown)}
        )


class _ByFields:
    """Marks a dataclass, for which guest code passes a dict.

    Args:
        kind: One that `_is_plain_dataclass`.

        fit: Returns the hint of a field as pydantic takes it.
    """

    def __init__(self, kind: Any, fit: Any) -> None:
        from typing_extensions import NotRequired

        hints = _fields(kind)
        fields = {}
        for field in dataclasses.fields(kind):
            if field.init:
                own: Any = fit(hints[field.name])
                given = (field.default, field.default_factory)
                is_needed = all(each is dataclasses.MISSING for each in given)
                fields[field.name] = own if is_needed else NotRequired[own]
        self._kind = kind
        self._form = _new_typed_dict(kind.__name__, fields)

    def __get_pydantic_core_schema__(self, kind: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        made = core_schema.no_info_after_validator_function(
            lambda told: self._kind(**told), handler.generate_schema(self._form)
        )
        return core_schema.json_or_python_schema(handler(kind), made)
