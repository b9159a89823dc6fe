"""Apply a user's transform to the rows of a table, many rows for each crossing.

Prints::

    {'name': 'Ada Lovelace', 'year': 1815, 'century': 19}
    {'name': 'Alan Turing', 'year': 1912, 'century': 20}
    a bad row: ValueError
"""

from __future__ import annotations

from sandbox_wasm import GuestError, Session

USERS_CODE = """
def transform(row):
    name, year = row["text"].rsplit(" ", 1)
    return {"name": name.title(), "year": int(year), "century": (int(year) - 1) // 100 + 1}
"""

with Session() as session:
    session.run(USERS_CODE)
    for row in session.map(
        "transform", [{"text": "ada lovelace 1815"}, {"text": "ALAN TURING 1912"}]
    ):
        print(row)
    try:
        session.call("transform", {"text": "nobody never"})
    except GuestError as error:
        print("a bad row:", error.type_name)
