"""What there is of host functions: for the guest, and for a model that writes its code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ._host_function import HostFunction
from ._objects import HostException
from ._schemas import Described


class Listing:
    """The part of `HostFunctions` that tells what was registered.

    Attributes:
        _table: What guest code knows, by name; replaced, never changed.

        _classes: Those whose instances guest code has by reference, with its name for each.

        _shown: Names of what is granted otherwise.

        _granted: And what the guest's own library calls it by.
    """

    _table: Mapping[bytes, HostFunction | HostException]
    _classes: Mapping[type, str]
    _shown: frozenset[str]
    _granted: frozenset[bytes]

    @property
    def names(self) -> tuple[str, ...]:
        """The names guest code may call, in the order of registration."""
        return tuple(entry.name for entry in self._table.values())

    @property
    def told(self) -> list[str | list[str]]:
        """What the guest is told, which is names, and of exceptions name and base."""
        return [
            [each.name, each.base] if isinstance(each, HostException) else each.name
            for each in self._table.values()
        ]

    @property
    def shown(self) -> frozenset[str]:
        """The names of what is granted otherwise, such as ``fetch``."""
        return self._shown

    def knows(self, name: bytes) -> bool:
        """Whether guest code may call what it names so."""
        return name in self._table

    def stubs(self) -> str:
        """Return a Python stub file of the functions: signatures, docstrings, classes.

        It is meant for a prompt. It says what guest code passes and gets: dataclasses and
        models are dicts there, so they are TypedDicts in it, and enums their values.

            >>> tools = HostFunctions()
            >>> @tools.register
            ... def price(item: str, *, net: bool = False) -> float:
            ...     "Price in euros."
            ...     return 2.5
            >>> print(tools.stubs(), end="")
            def price(item: str, *, net: bool = False) -> float:
                \"\"\"Price in euros.\"\"\"
        """
        from ._stubs import stubs

        exceptions = (e for e in self._table.values() if isinstance(e, HostException))
        return stubs(self._described(), exceptions)

    def json_schema(self) -> list[dict[str, Any]]:
        """Return the functions as tools: ``name``, ``description``, ``parameters``, ``returns``.

        The last two are JSON schemas: of an object with the arguments by name, and of
        what comes back.
        """
        from ._schemas import schemas

        return schemas(self._described())

    def _described(self) -> list[Described]:
        return [
            Described(
                host.name,
                host.function,
                host.parameters,
                host.options.read_only,
                host.name.partition(".")[0] in self._classes.values(),
            )
            for name, host in self._table.items()
            if name not in self._granted and isinstance(host, HostFunction)
        ]

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __repr__(self) -> str:
        return f"<HostFunctions {', '.join(self.names)}>"
