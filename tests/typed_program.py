"""What a type checker makes of a program that uses the library; `test_types.py` asks one."""

from __future__ import annotations

import concurrent.futures
from pathlib import Path
from typing import Any

from typing_extensions import assert_type

from sandbox_wasm import (
    AsyncSession,
    Continuation,
    GuestError,
    HostFunctions,
    LimitExceeded,
    Limits,
    Mount,
    Problem,
    Result,
    Session,
    SessionPool,
    Snapshot,
    Suspended,
    arun,
    map_rows,
    run,
)

tools = HostFunctions()


@tools.register
def plain(item: str) -> float:
    return 2.5


@tools.register(timeout=5)
def bounded(item: str) -> int:
    return 2


@tools.expose(only=["fetch"])
class Cursor:
    def fetch(self, count: int) -> list[int]:
        return [count]


@tools.exception
class NotFound(LookupError):
    pass


def main(session: Session, pool: SessionPool) -> None:
    assert_type(plain("x"), float)
    assert_type(bounded("x"), int)
    assert_type(Cursor().fetch(1), list[int])

    @session.function
    def given(n: int) -> str:
        return str(n)

    @session.function(approve=True)
    def asked(n: int) -> str:
        return str(n)

    assert_type(given(1), str)
    assert_type(asked(1), str)
    result = session.run(
        "x", inputs={"x": [Cursor()]}, check=False, on_output=lambda stream, text: None
    )
    assert_type(result, Result)
    assert_type(result.usage.fuel, int | None)
    assert_type(result.files.created, tuple[str, ...])
    assert_type(session.submit("1"), concurrent.futures.Future[Result])
    assert_type(session.map("f", [1, 2]), list[Any])
    assert_type(session.check("x"), list[Problem])
    assert_type(session.files.read("a"), bytes)
    assert_type(Snapshot.load(Path("x")), Snapshot)
    assert_type(Session.restore(session.snapshot(), limits=Limits(fuel=10)), Session)
    assert_type(session.fork(), Session)
    assert_type(pool.lease(), Session)
    assert_type(pool.submit("1"), concurrent.futures.Future[Result])
    for row in map_rows("def transform(row): return row", [{"a": 1}]):
        print(row)
    try:
        run("1", mounts=[Mount("/tmp", "/data", "ro")], isolation="process")
    except LimitExceeded as error:
        assert_type(error.limit, str)
        assert_type(error.result, Result | None)
    except Suspended as error:
        assert_type(error.continuation, Continuation)
    except GuestError as error:
        assert_type(error.type_name, str)


async def amain() -> Any:
    async with AsyncSession() as session:

        @session.function
        async def given(n: int) -> str:
            return str(n)

        assert_type(await given(1), str)
        assert_type(await session.run("1"), Result)
    assert_type(await arun("1"), Result)
