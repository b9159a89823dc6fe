"""Methods of files that take note of what guest code got at, or was refused."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from ._filesystem import FileError

P = ParamSpec("P")
T = TypeVar("T")


class Notes(Protocol):
    """Whoever keeps the notes."""

    def note(self, action: str, at: int, path: str, refused: str = "") -> None:
        """Take note of what was done to a path, or why it was refused."""


S = TypeVar("S", bound=Notes)
Method = Callable[Concatenate[S, int, str, P], T]


def noted(action: str) -> Callable[[Method[S, P, T]], Method[S, P, T]]:
    """Have a method note that it gave guest code what stands at a path, or why not."""

    def wrap(method: Method[S, P, T]) -> Method[S, P, T]:
        @functools.wraps(method)
        def call(files: S, at: int, path: str, /, *rest: P.args, **options: P.kwargs) -> T:
            try:
                result = method(files, at, path, *rest, **options)
            except FileError as error:
                files.note(action, at, path, error.errno.name)
                raise
            files.note(action, at, path)
            return result

        return call

    return wrap
