"""Put the tables of one manifest into another, which keeps its others.

    merge_manifest.py INTO FROM

INTO is made if it is missing.
"""

from __future__ import annotations

import sys
from pathlib import Path

from manifest import dumps, loads


def main(into: Path, source: Path) -> None:
    tables = loads(into.read_text(encoding="utf-8")) if into.exists() else {}
    tables.update(loads(source.read_text(encoding="utf-8")))
    new = into.with_suffix(".new")
    new.write_text(dumps(dict(sorted(tables.items()))), encoding="utf-8")
    new.replace(into)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
