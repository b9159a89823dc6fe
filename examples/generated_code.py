"""Run code that a model wrote, with tools for it to call, and let it mend its errors.

The replies stand in for those of a model.

Prints::

    attempt 1: NameError: name 'total' is not defined
    attempt 2: {'Berlin': 21.5, 'Oslo': 12.0}
"""

from __future__ import annotations

from sandbox_wasm import GuestError, HostFunctions, Limits, Session

REPLIES = [
    "readings = {c: temperatures(c) for c in cities}\ntotal / len(readings)",
    "{c: sum(values) / len(values) for c, values in readings.items()}",
]

tools = HostFunctions()


@tools.register
def temperatures(city: str) -> list[float]:
    """The latest readings of a city."""
    return {"Berlin": [20.0, 23.0], "Oslo": [11.0, 13.0]}[city]


with Session(functions=tools, limits=Limits(wall_seconds=2, host_calls=100)) as session:
    for attempt, code in enumerate(REPLIES, start=1):
        try:
            result = session.run(code, inputs={"cities": ["Berlin", "Oslo"]})
        except GuestError as error:
            # What the first attempt computed is still there for the second.
            print(f"attempt {attempt}: {error}")
        else:
            print(f"attempt {attempt}: {result.value}")
            break
