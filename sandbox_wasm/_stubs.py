"""Python stubs of host functions, as a model reads them before it writes code.

They are written from the JSON schemas, so that both say the same. What is a dataclass or a
model on the host is a dict in guest code, and a TypedDict here; an enum is its values.
"""

from __future__ import annotations

import inspect
import keyword
import textwrap
from collections.abc import Callable, Iterable, Iterator
from inspect import Parameter

from ._hints import REFERENCE
from ._objects import HostException
from ._schemas import Described, Schema, is_plain, schemas

_SCALARS = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}
# Guest code has these classes, and values of them cross as what they are.
_FORMATS = {
    "date-time": "datetime.datetime",
    "date": "datetime.date",
    "time": "datetime.time",
    "duration": "datetime.timedelta",
    "uuid": "uuid.UUID",
    "binary": "bytes",
    "bytearray": "bytearray",
    "decimal": "decimal.Decimal",
    "fraction": "fractions.Fraction",
    "complex": "complex",
}
_STARS = {int(Parameter.VAR_POSITIONAL): "*", int(Parameter.VAR_KEYWORD): "**"}


def stubs(functions: Iterable[Described], exceptions: Iterable[HostException] = ()) -> str:
    """Return the text of a stub file for the functions, one after the other."""
    writer = _Writer()
    listed = list(functions)
    for declared in exceptions:
        writer.exception(declared)
    for each, schema in zip(listed, schemas(listed), strict=True):
        writer.function(each, schema)
    return writer.text()


class _Writer:
    def __init__(self) -> None:
        self._classes: dict[str, str] = {}  # names, with the definition that each is for
        self._written: set[str] = set()
        self._class_texts: list[str] = []
        self._function_texts: list[str] = []
        self._spaces: dict[str, list[str]] = {}
        self._imports: set[str] = set()
        self._is_given = True  # what is written comes from guest code

    def text(self) -> str:
        imports = [f"import {name}" for name in sorted(self._imports) if name != "typing"]
        spaces = [
            f"class {name}:\n" + textwrap.indent("\n".join(methods), "    ")
            for name, methods in self._spaces.items()
        ]
        texts = self._class_texts + spaces + self._function_texts
        typing = sorted({word for text in texts for word in _TYPING if word in text})
        if typing:
            imports.append(f"from typing import {', '.join(typing)}")
        return "\n\n".join(["\n".join(imports)] * bool(imports) + texts)

    def exception(self, declared: HostException) -> None:
        text = declared.kind.__dict__.get("__doc__")
        lines = [_quoted(inspect.cleandoc(text))] if isinstance(text, str) and text else []
        lines += [f"{key}: Any" for key in inspect.get_annotations(declared.kind)]
        body = "\n".join(lines or ["..."])
        self._class_texts.append(
            f"class {declared.name}({declared.base}):\n{textwrap.indent(body, '    ')}\n"
        )

    def function(self, each: Described, schema: Schema) -> None:
        name, function, parameters, _, is_method = each
        space, _, own = name.rpartition(".")
        hints = {} if parameters is None else parameters.hints
        of = schema["parameters"]
        definitions = {**of.get("$defs", {}), **schema["returns"].get("$defs", {})}

        def type_of(parameter: Parameter) -> str | None:
            if parameter.name not in hints:
                return None
            if parameter.kind is Parameter.VAR_POSITIONAL:
                own = of["properties"][parameter.name]["items"]
            elif parameter.kind is Parameter.VAR_KEYWORD:
                own = of["additionalProperties"]
            else:
                own = of["properties"][parameter.name]
            return self._type(own if isinstance(own, dict) else {}, definitions)

        try:
            signature = list(inspect.signature(function).parameters.values())
        except ValueError:  # a builtin that does not tell
            listed = ["*args", "**kwargs"]
        else:
            listed = list(_listed(signature, type_of))
            if is_method and listed:
                listed[0] = signature[0].name
        returns = ""
        if "return" in hints:
            self._is_given = False
            returns = f" -> {self._type(schema['returns'], definitions)}"
            self._is_given = True
        text = schema["description"]
        body = textwrap.indent(_quoted(text) if text else "...", "    ")
        text = f"def {own}({', '.join(listed)}){returns}:\n{body}\n"
        if not space:
            self._function_texts.append(text)
        else:
            text = text if is_method else f"@staticmethod\n{text}"
            self._spaces.setdefault(space, []).append(text)

    def _type(self, schema: Schema, definitions: Schema) -> str:
        if REFERENCE in schema:
            return str(schema["title"])
        if "$ref" in schema:
            return self._class(schema["$ref"].rpartition("/")[2], definitions)
        if "const" in schema or "enum" in schema:
            values = schema.get("enum") or [schema["const"]]
            if not all(map(is_plain, values)):
                return "Any"  # a tuple, say, which no Literal can name
            return f"Literal[{', '.join(map(repr, values))}]"
        if name := _FORMATS.get(schema.get("format", "")):
            if "." in name:
                self._imports.add(name.partition(".")[0])
            # An argument may be what pydantic makes one of as well; a result is that alone.
            others = schema.get("anyOf", ()) if self._is_given else ()
            return " | ".join(dict.fromkeys([name, *(self._type(s, definitions) for s in others)]))
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return " | ".join(dict.fromkeys(self._type(s, definitions) for s in schema[key]))
        kind = schema.get("type")
        if kind == "array":
            return self._array(schema, definitions)
        if kind == "object":
            values = schema.get("additionalProperties")
            if isinstance(values, dict):
                return f"dict[str, {self._type(values, definitions)}]"
            return "dict[str, Any]"
        return _SCALARS.get(str(kind), "Any")

    def _array(self, schema: Schema, definitions: Schema) -> str:
        if "prefixItems" in schema:
            items = [self._type(item, definitions) for item in schema["prefixItems"]]
            return f"tuple[{', '.join(items)}]"
        of = self._type(schema.get("items", {}), definitions)
        return f"set[{of}]" if schema.get("uniqueItems") else f"list[{of}]"

    def _class(self, key: str, definitions: Schema) -> str:
        schema = definitions[key]
        fields = schema.get("properties")
        if fields is None or not all(f.isidentifier() and not keyword.iskeyword(f) for f in fields):
            return self._type(schema, definitions)
        name = _identifier(schema.get("title", key))
        if self._classes.setdefault(name, key) != key:
            name = _identifier(key)  # two classes of one name
        if name not in self._written:
            self._written.add(name)
            self._classes[name] = key
            required = schema.get("required", ())
            text = f"class {name}(TypedDict):\n"
            for field, own in fields.items():
                of = self._type(own, definitions)
                text += f"    {field}: {of if field in required else f'NotRequired[{of}]'}\n"
            self._class_texts.append(text if fields else f"{text}    pass\n")
        return name


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"""', r"\"\"\"")
    return f'"""{text}"""' if "\n" not in text else f'"""{text}\n"""'


def _identifier(text: str) -> str:
    return "".join(c if c.isalnum() or c == "_" else "_" for c in text)


_TYPING = ("Any", "Literal", "NotRequired", "TypedDict")


def _listed(
    signature: list[Parameter], type_of: Callable[[Parameter], str | None]
) -> Iterator[str]:
    before = None
    for parameter in signature:
        kind = parameter.kind
        if before is Parameter.POSITIONAL_ONLY and kind is not before:
            yield "/"
        if kind is Parameter.KEYWORD_ONLY and before not in (kind, Parameter.VAR_POSITIONAL):
            yield "*"
        before = kind
        hint = type_of(parameter)
        text = _STARS.get(int(kind), "") + parameter.name + (f": {hint}" if hint else "")
        if parameter.default is not Parameter.empty:
            value = parameter.default
            shown = repr(value) if is_plain(value) else "..."
            text += f" = {shown}" if hint else f"={shown}"
        yield text
    if before is Parameter.POSITIONAL_ONLY:
        yield "/"
