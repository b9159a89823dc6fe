"""An enrichment for Datasette: ``enrich(row)`` of a stranger's over the rows of a table.

The plugin ``datasette-enrichments-sandbox-wasm`` registers it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

try:
    from datasette_enrichments import Enrichment
    from datasette_enrichments.utils import pks_for_rows
    from wtforms import Form, StringField, TextAreaField
    from wtforms.validators import DataRequired, Length, ValidationError
except ImportError as error:  # pragma: no cover - the environment of a test has it
    raise ImportError("this integration needs the package 'datasette-enrichments'") from error

from .. import ConfigError, Limits, RowError, SandboxError, map_rows
from .._tables import Unfit
from .._tables_sqlite import quoted, stored
from .._terminal import inert, shown

PLUGIN = "datasette-enrichments-sandbox-wasm"
_MOST_COLUMNS = 20
_MOST_NAME = 100
_MOST_CODE = 100_000
_MOST_ERROR = 1000
_TEMPLATE = """\
def enrich(row):
    # row is a dict. Return a dict of new values for the columns below.
    return {}
"""


class Wrong(Exception):
    """What ``enrich`` has returned for a row cannot be stored."""


class SandboxEnrichment(Enrichment):
    """Python code for each row, which can change the columns that its user has named.

    Datasette's configuration may say ``interpreter``, ``isolation`` and ``limits`` (of the field
    names of `Limits`, for a batch of 100 rows and then for each row that is left).
    """

    name = "Python in a sandbox"
    slug = "sandbox-wasm"
    description = "Run a Python function for each row, in a sandbox with limits"
    batch_size = 100

    async def get_config_form(self, datasette: Any, db: Any, table: str) -> Any:
        """Return the form: the code, and which columns it may write."""
        keys = await db.primary_keys(table)

        class ConfigForm(Form):
            code = TextAreaField(
                "Python code",
                description="A function enrich(row) that returns a dict of new values",
                default=_TEMPLATE,
                validators=[DataRequired(), Length(max=_MOST_CODE)],
                render_kw={"rows": 12, "style": "font-family: monospace", "spellcheck": "false"},
            )
            columns = StringField(
                "Columns to write",
                description="Their names, with commas between; new ones are added to the table",
                validators=[DataRequired()],
            )

            def validate_columns(self, field: Any) -> None:
                try:
                    column_names(field.data, keys)
                except ConfigError as error:
                    raise ValidationError(str(error)) from None

        return ConfigForm

    async def enrich_batch(
        self,
        datasette: Any,
        db: Any,
        table: str,
        rows: list[dict[str, Any]],
        pks: list[str],
        config: dict[str, Any],
        job_id: int,
    ) -> int:
        """Run the code for some rows, and store what it returned; return how many did well."""
        try:
            columns = column_names(config["columns"], pks)
            options = session_options(datasette)
            code = str(config["code"])
            results = await asyncio.to_thread(_results, code, rows, options)
        except (SandboxError, ValueError) as error:  # of the code itself, or of the options
            raise self.Cancel(_told(error)) from None
        found = (await db.table_column_details(table)) or []
        missing = [name for name in columns if name not in {each.name for each in found}]
        good: list[tuple[dict[str, Any], Any]] = []
        for result, key in zip(results, pks_for_rows(rows, pks), strict=True):
            try:
                if isinstance(result, RowError):
                    raise Wrong(_told(result.error))
                good.append((checked(result, columns), key))
            except Wrong as error:
                await self.log_error(db, job_id, [key], str(error))

        def store(connection: Any) -> None:
            with connection:
                for name in missing:
                    connection.execute(f"alter table {quoted(table)} add column {quoted(name)}")
                for values, key in good:
                    update(connection, table, values, pks, key)

        await db.execute_write_fn(store)
        return len(good)


def _results(code: str, rows: list[dict[str, Any]], options: dict[str, Any]) -> list[Any]:
    return list(
        map_rows(code, rows, function="enrich", batch_size=len(rows), on_error="collect", **options)
    )


def session_options(datasette: Any) -> dict[str, Any]:
    """Return the arguments of `Session` that Datasette's configuration says.

    Raises:
        ConfigError: It says what is none.
    """
    given = dict(datasette.plugin_config(PLUGIN) or {})
    try:
        limits = Limits(**{"wall_seconds": 5.0, **given.pop("limits", {})})
    except TypeError as error:
        raise ConfigError(f"{PLUGIN}: limits: {error}") from None
    if not set(given) <= {"interpreter", "isolation"}:
        raise ConfigError(f"{PLUGIN} may say interpreter, isolation and limits, got {given}")
    return {**given, "limits": limits}


def column_names(text: object, keys: Sequence[str]) -> list[str]:
    """Return the names that were given, none of them of a primary key.

    Raises:
        ConfigError: There are none, too many, or one that is no name.
    """
    names = [name.strip() for name in str(text).split(",") if name.strip()]
    if not 1 <= len(names) <= _MOST_COLUMNS or len(set(map(str.lower, names))) < len(names):
        raise ConfigError(f"name 1 to {_MOST_COLUMNS} columns, each once")
    taken = {key.lower() for key in [*keys, "rowid", "_rowid_", "oid"]}
    for name in names:
        if not name.isprintable() or len(name) > _MOST_NAME or name.lower() in taken:
            raise ConfigError(f"{inert(name[:_MOST_NAME])!r} may not be written")
    return names


def checked(result: object, columns: Sequence[str]) -> dict[str, Any]:
    """Return *result* as values that SQLite takes, as `sandbox-wasm map` writes them.

    Raises:
        Wrong: It is no dict of these columns, or holds what cannot be stored.
    """
    if not isinstance(result, dict):
        raise Wrong(f"enrich must return a dict, got {type(result).__name__}")
    if (others := [key for key in result if key not in columns]) != []:
        raise Wrong(f"enrich returned {inert(shown(others[0])[:100])}, which is no column to write")
    try:
        return {name: stored(value) for name, value in result.items()}
    except Unfit as unfit:
        raise Wrong(f"SQLite has no place for it: {inert(str(unfit))}") from None


def update(connection: Any, table: str, values: dict[str, Any], pks: list[str], key: Any) -> None:
    """Store *values* in the row of that key."""
    if not values:
        return
    wanted = ", ".join(f"{quoted(name)} = ?" for name in values)
    where = " and ".join(f"{quoted(name)} = ?" for name in pks)
    keys = key if isinstance(key, tuple) else (key,)
    connection.execute(
        f"update {quoted(table)} set {wanted} where {where}",  # noqa: S608 - all are quoted
        [*values.values(), *keys],
    )


def _told(error: Exception) -> str:
    return inert(str(error))[:_MOST_ERROR]
