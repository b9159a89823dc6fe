"""One run in a session of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ._dialects import Dialect
from ._ledger import OnOutput
from ._limits import Limits
from ._mounts import Mount
from ._network import NetworkPolicy
from ._result import Result
from ._session import Functions, Packages, Session
from ._sources import Seed
from .interpreters import Isolation


def run(
    code: str,
    *,
    interpreter: str = "cpython",
    limits: Limits | None = None,
    functions: Functions | None = None,
    files: Mapping[str, bytes | str] | None = None,
    mounts: Iterable[Mount] | None = None,
    network: NetworkPolicy | None = None,
    packages: Packages | None = None,
    env: Mapping[str, str] | None = None,
    seed: Seed | None = None,
    clock: float | None = None,
    isolation: Isolation = "thread",
    inputs: Mapping[str, Any] | None = None,
    check: bool = True,
    on_output: OnOutput | None = None,
    dialect: Dialect = "expression",
) -> Result:
    """Run *code* in a session of its own, which ends with it.

    The arguments up to *isolation* are those of `Session`, the others those of `Session.run`.
    It raises what either raises. The time of the run is `Limits.wall_seconds`.
    """
    # There is no run after this one for which a state should be kept.
    with Session(
        interpreter,
        limits=limits,
        functions=functions,
        files=files,
        mounts=mounts,
        network=network,
        packages=packages,
        env=env,
        seed=seed,
        clock=clock,
        isolation=isolation,
        checkpoints=False,
    ) as session:
        return session.run(code, inputs=inputs, check=check, on_output=on_output, dialect=dialect)
