"""Tables of SQLite, through `sqlite-utils`: read, made, and changed in one transaction."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ._tables import TableError, Unfit, named, plain

if TYPE_CHECKING:
    from sqlite_utils import Database

_NAME_BYTES = 200
_COLUMNS = 2000  # what SQLite has room for by default
_AT_ONCE = 500


def connect(path: str, *, write: bool, new: bool = False) -> Database:
    """Return the database of a file, opened.

    Args:
        write: Else it is opened for reading alone.

        new: It is made if it is not there.

    Raises:
        TableError: sqlite-utils is not installed, or there is no such database.
    """
    try:
        from sqlite_utils import Database
    except ImportError:
        raise TableError(
            "SQLite needs the extra 'sqlite': python -m pip install 'sandbox-wasm[sqlite]'"
        ) from None
    import urllib.parse

    if not new and not os.path.exists(path):
        raise TableError("there is no such file")
    mode = "rwc" if new else "rw" if write else "ro"
    uri = f"file:{urllib.parse.quote(os.path.abspath(path))}?mode={mode}"
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None)
        # A database is data, too: nothing in its schema may call functions with effects.
        connection.execute("pragma trusted_schema = off")
        connection.execute("select count(*) from sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise TableError(str(error)) from None
    return Database(connection)


def quoted(name: str) -> str:
    """Return *name* as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


class TableRows:
    """The rows of a table; with their keys, if they are taken by `with_keys`.

    Args:
        where, params: SQL that rows are to fulfil, and what its ``:names`` stand for.

        limit: Rows, at most.

    Raises:
        TableError: There is no such table, or SQLite does not take *where*.
    """

    def __init__(
        self,
        database: Database,
        table: str,
        where: str | None = None,
        params: dict[str, str] | None = None,
        limit: int | None = None,
    ) -> None:
        found = database[table]
        if not found.exists():
            names = ", ".join(sorted([*database.table_names(), *database.view_names()]))
            raise TableError(f"it has no table {table!r}; it has: {names or 'none'}")
        self._connection = database.conn
        self.table = table
        self.columns = [column.name for column in found.columns]
        self.fixed = {name.lower() for name in getattr(found, "pks", [])} - {"rowid"}
        self._keys = self._find_keys(found)
        condition = f" where ({where}\n)" if where is not None else ""
        self._rest = f" from {quoted(table)}{condition}"
        if limit is not None:
            self._rest += f" limit {limit:d}"
        self._params = params or {}
        try:
            self.size: int | None = self._connection.execute(
                f"select count(*) from (select 1{self._rest})",  # noqa: S608
                self._params,
            ).fetchone()[0]
        except sqlite3.Error as error:
            raise TableError(f"SQLite says: {error}") from None

    def _find_keys(self, found: Any) -> list[str]:
        """Return expressions that tell a row from all others; none for a view."""
        if not hasattr(found, "pks"):
            return []
        known = {name.lower() for name in self.columns}
        for name in ("rowid", "_rowid_", "oid"):
            # Not quoted: SQLite would take a name that it does not know for a text.
            if name not in known:
                with contextlib.suppress(sqlite3.OperationalError):
                    self._connection.execute(f"select {name} from {quoted(self.table)} limit 0")  # noqa: S608
                    return [name]
        return list(map(quoted, found.pks))

    def at(self) -> int | None:
        return None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        names = ", ".join(map(quoted, self.columns))
        for row in self._select(names):
            yield dict(zip(self.columns, row, strict=True))

    def with_keys(self) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
        """Yield the key of each row, and the row."""
        count = len(self.keys)
        for row in self._select(", ".join([*self.keys, *map(quoted, self.columns)])):
            yield row[:count], dict(zip(self.columns, row[count:], strict=True))

    @property
    def keys(self) -> list[str]:
        """Expressions of SQL that tell a row from all others.

        Raises:
            TableError: It is a view, whose rows have none.
        """
        if not self._keys:
            raise TableError(f"{self.table!r} is a view, which cannot be changed")
        return self._keys

    def _select(self, names: str) -> Iterator[tuple[Any, ...]]:
        try:
            # Not `yield from`: it would close the cursor of a connection that is closed.
            for row in self._connection.execute(f"select {names}{self._rest}", self._params):  # noqa: UP028
                yield row
        except (sqlite3.Error, OverflowError) as error:
            raise TableError(f"SQLite says: {error}") from None


def stored(value: Any) -> Any:
    """Return *value* as SQLite keeps it: what is in others as JSON.

    Raises:
        Unfit: It has no form for it.
    """
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    value = plain(value)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Unfit("an integer is too large for SQLite")
    return value


class TableSink:
    """Adds rows to a table, which is made with the columns that they have; all or none."""

    def __init__(self, database: Database, table: str, append: bool) -> None:
        if _unfit(table):
            raise TableError(f"{table!r} is no name for a table")
        if table in database.view_names() or (database[table].exists() and not append):
            raise TableError(f"it has {table!r} already: --append adds to a table")
        self._database = database
        self._table = database.table(table)
        self._waiting: list[dict[str, Any]] = []
        found = self._table.columns_dict if self._table.exists() else {}
        self._columns = {name.lower() for name in found}
        if not database.conn.in_transaction:
            database.conn.execute("begin immediate")

    def write(self, row: dict[str, Any]) -> None:
        if not row:
            raise Unfit("a row without columns cannot be stored")
        names = {named(name).lower() for name in row}
        for name in row:
            if reason := _unfit(name):
                raise Unfit(f"a column cannot have a name {reason}")
        if len(names) < len(row):
            raise Unfit("two names of columns differ in case alone")
        if len(self._columns | names) > _COLUMNS:
            raise Unfit(f"there would be more than {_COLUMNS} columns")
        self._columns |= names
        self._waiting.append({name: stored(value) for name, value in row.items()})
        if len(self._waiting) >= _AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        rows, self._waiting = self._waiting, []
        if rows:
            # Rows of a batch that is inserted at once have the columns of the first.
            for _, group in itertools.groupby(rows, key=list):
                self._table.insert_all(list(group), alter=True)

    def finish(self) -> None:
        self._flush()
        self._database.conn.execute("commit")


def _unfit(name: str) -> str | None:
    """Say what makes *name* one that SQL, or who reads it, could mistake; None if nothing does."""
    if not name.strip():
        return "that is empty"
    if len(name.encode("utf-8", "replace")) > _NAME_BYTES:
        return f"of more than {_NAME_BYTES} bytes"
    if not name.isprintable() or set(name) & set('"[]`'):
        return "with quotes, brackets or what cannot be printed"
    return None


class Changes:
    """Changes of a table's rows that are made when all of them are known, or not at all.

    From the first row that is read to the last change it is one transaction: others may
    read meanwhile, and not write.
    """

    def __init__(self, rows: TableRows, database: Database) -> None:
        self._connection = database.conn
        self._rows = rows
        self._names = {name.lower(): name for name in rows.columns}
        keys = ", ".join(f"k{index}" for index in range(len(rows.keys)))
        self._connection.execute(
            f"create temp table sandbox_wasm_changes (row integer, {keys}, name text, value)"
        )
        self._insert = (
            f"insert into sandbox_wasm_changes values ({', '.join('?' * (len(rows.keys) + 3))})"  # noqa: S608
        )
        self._count = 0

    def add(self, key: tuple[Any, ...], changes: dict[str, Any]) -> None:
        """Take what is to become of the row that has *key*.

        Raises:
            Unfit: It has no such column, or the column is its key, or the value has no form.
        """
        values = {}
        for name, value in changes.items():
            known = self._names.get(named(name).lower())
            if known is None:
                raise Unfit(f"there is no column {name!r:.80}")
            if known.lower() in self._rows.fixed:
                raise Unfit(f"the column {known!r} is the key, which stays")
            values[known] = stored(value)
        self._count += 1
        self._connection.executemany(
            self._insert, [(self._count, *key, name, value) for name, value in values.items()]
        )

    def make(self) -> int:
        """Make the changes; return of how many rows."""
        found = self._connection.execute("select * from sandbox_wasm_changes order by rowid")
        where = " and ".join(f"{name} is ?" for name in self._rows.keys)
        rows = 0
        for _, group in itertools.groupby(found, key=lambda line: line[0]):
            lines = list(group)
            sets = ", ".join(f"{quoted(line[-2])} = ?" for line in lines)
            done = self._connection.execute(
                f"update {quoted(self._rows.table)} set {sets} where {where}",  # noqa: S608
                [*(line[-1] for line in lines), *lines[0][1:-2]],
            )
            rows += done.rowcount
        return rows
