"""The time zone database as frozen packages: tzdata, as `zoneinfo` looks for it."""

from pathlib import Path

# Tables for people, and a second form of the same data.
LEFT_OUT = {"iso3166.tab", "leapseconds", "tzdata.zi", "zone.tab", "zone1970.tab", "zonenow.tab"}

PACKAGE = """\
from tzdata._resources import attach

attach(__spec__)
"""


def tzdata_sources(wheel: Path):
    """Return (is a package, source) of each module, by name."""
    root = wheel / "tzdata"
    files = {"zones": (root / "zones").read_bytes()}
    packages = {"tzdata": PACKAGE + version_of(root)}
    for path in sorted((root / "zoneinfo").rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.name == "__init__.py":
            packages["tzdata." + name.removesuffix("/__init__.py").replace("/", ".")] = PACKAGE
        elif path.is_file() and path.suffix != ".py" and path.name not in LEFT_OUT:
            files[name] = path.read_bytes()
    modules = {name: (True, text.encode()) for name, text in packages.items()}
    modules["tzdata._data"] = (False, data_source(files))
    return modules


def version_of(root: Path) -> str:
    lines = (root / "__init__.py").read_text().splitlines()
    return (
        "\n" + "\n".join(x for x in lines if x.startswith(("__version__", "IANA_VERSION"))) + "\n"
    )


def data_source(files) -> bytes:
    """Return a module with all files in one bytes object; many zones are the same."""
    blob = b""
    place = {}
    known = {}
    for name, data in files.items():
        if data not in known:
            known[data] = len(blob), len(blob) + len(data)
            blob += data
        place[name] = known[data]
    return f"BLOB = {blob!r}\nPLACE = {place!r}\n".encode()
