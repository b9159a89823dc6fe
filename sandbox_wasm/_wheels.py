"""Reading wheels that nobody vouches for: what is in one, as a tree of files.

A wheel is a zip file, and may be hostile: every name, size and hash in it is checked
before any of it is used. What is read goes to the sandbox and never to the host's disk.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from ._checks import shown
from ._errors import ConfigError

Parts = tuple[str, ...]

MAX_BYTES = 256 << 20  # of all files of a session's packages, unpacked
MAX_FILES = 20_000  # of all of them
_MAX_WHEEL = 128 << 20
_MAX_DEPTH = 32
_CHUNK = 1 << 20

_NATIVE = re.compile(r"\.(so|pyd|dll|dylib|a|lib|o)(\.[0-9.]+)?$", re.IGNORECASE)
_FILE_NAME = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.]*)-(?P<version>[\w.!+]+)(-\d[\w.]*)?"
    r"-(?P<python>[\w.]+)-(?P<abi>[\w.]+)-(?P<platform>[\w.]+)\.whl",
    re.ASCII,
)
_HASHES = {"sha256", "sha384", "sha512"}


@dataclass(frozen=True)
class Wheel:
    """What a wheel holds.

    Attributes:
        name: Of the distribution, in its normal form.

        version: Its version.

        files: What is installed, by path below the folder of packages.
    """

    name: str
    version: str
    files: dict[Parts, bytes]


def normal(name: str) -> str:
    """Return a distribution's name in its normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def tags(file_name: str) -> tuple[str, str, bool]:
    """Return name and version that a wheel's file name tells, and whether it says it is pure.

    Raises:
        ConfigError: It is no name of a wheel.
    """
    match = _FILE_NAME.fullmatch(file_name)
    if match is None:
        raise ConfigError(f"package {shown(file_name)} is not named like a wheel")
    pure = "none" in match["abi"].split(".") and "any" in match["platform"].split(".")
    return normal(match["name"]), match["version"], pure


def read(path: Path) -> Wheel:
    """Return what the wheel at *path* holds.

    Raises:
        ConfigError: It cannot be read, is damaged or hostile, or has native code.
    """
    name, version, pure = tags(path.name)
    label = f"package {name!r} ({path.name})"
    if not pure:
        raise ConfigError(f"{label} has native code for another platform: {needs_pure(name)}")
    try:
        if path.stat().st_size > _MAX_WHEEL:
            raise ConfigError(f"{label} is larger than {_MAX_WHEEL} bytes")
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, label, name)
            _check_metadata(members, label, name)
            _check_record(members, label)
    except ConfigError:  # it is a ValueError, too
        raise
    except OSError as error:
        raise ConfigError(f"{label} cannot be read: {error.strerror}") from error
    except _DAMAGED as error:
        raise ConfigError(f"{label} is damaged: {error}") from error
    return Wheel(name, version, _installed(members, label))


# What the zip reader raises for input that makes no sense.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    NotImplementedError,
    RuntimeError,
    RecursionError,
    csv.Error,
)


def needs_pure(name: str) -> str:
    """Return what the caller of a package with native code can do."""
    return (
        "the sandbox runs pure Python only; if the package can do without its native part, "
        f"'sandbox-wasm wheel {name}' builds a wheel without it"
    )


def _members(archive: zipfile.ZipFile, label: str, package: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MAX_BYTES
    infos = archive.infolist()
    if len(infos) > MAX_FILES:
        raise ConfigError(f"{label} has more than {MAX_FILES} files")
    for info in infos:
        # As the archive has it: the reader itself cuts a name at a null.
        name = info.orig_filename
        _check_name(name.removesuffix("/"), label)
        if info.flag_bits & 1 or stat.S_IFMT(info.external_attr >> 16) not in {
            0,
            stat.S_IFREG,
            stat.S_IFDIR,
        }:
            raise ConfigError(f"{label} has {shown(name)}, which is no plain file")
        if name.endswith("/"):
            continue
        if name in found:
            raise ConfigError(f"{label} has {shown(name)} twice")
        if _NATIVE.search(name):
            raise ConfigError(f"{label} has native code, {name}: {needs_pure(package)}")
        # What the archive says of sizes is not believed.
        with archive.open(info) as file:
            data = io.BytesIO()
            while chunk := file.read(min(_CHUNK, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise ConfigError(f"{label} unpacks to more than {MAX_BYTES} bytes")
                data.write(chunk)
        found[name] = data.getvalue()
    return found


def _check_name(name: str, label: str) -> None:
    parts = name.split("/")
    if (
        "\\" in name
        or not name.isprintable()
        or len(parts) > _MAX_DEPTH
        or any(part in {"", ".", ".."} or len(part.encode()) > 255 for part in parts)
        or ":" in parts[0]
    ):
        raise ConfigError(f"{label} has a file of the name {shown(name)}")


def _check_metadata(members: dict[str, bytes], label: str, name: str) -> None:
    folders = {path.split("/")[0] for path in members if ".dist-info/" in path}
    folders = {folder for folder in folders if folder.endswith(".dist-info")}
    if len(folders) != 1:
        raise ConfigError(f"{label} has {len(folders)} folders .dist-info, not one")
    (folder,) = folders
    if normal(folder.removesuffix(".dist-info").rpartition("-")[0]) != name:
        raise ConfigError(f"{label} is of another distribution inside, {shown(folder)}")
    wheel = HeaderParser().parsestr(members[f"{folder}/WHEEL"].decode())
    if not str(wheel["Wheel-Version"]).startswith("1."):
        raise ConfigError(f"{label} is a wheel of version {shown(wheel['Wheel-Version'])}, not 1")
    if str(wheel["Root-Is-Purelib"]).lower() != "true":
        raise ConfigError(f"{label} says that it is not pure: {needs_pure(name)}")
    if not all(str(tag).endswith("-none-any") for tag in wheel.get_all("Tag") or [""]):
        raise ConfigError(f"{label} says that it is for one platform: {needs_pure(name)}")


def _check_record(members: dict[str, bytes], label: str) -> None:
    (record,) = [name for name in members if re.fullmatch(r"[^/]+\.dist-info/RECORD", name)]
    rows = list(csv.reader(io.StringIO(members[record].decode(), newline="")))
    listed = {row[0]: row[1] for row in rows if len(row) == 3}
    unsigned = {record, f"{record}.jws", f"{record}.p7s"}
    if listed.keys() | unsigned != members.keys() | unsigned or len(listed) != len(rows):
        raise ConfigError(f"{label} does not hold what its RECORD lists")
    for name in members.keys() - unsigned:
        kind, _, expected = listed[name].partition("=")
        if kind not in _HASHES:
            raise ConfigError(f"{label} has no good hash for {shown(name)} in its RECORD")
        digest = base64.urlsafe_b64encode(hashlib.new(kind, members[name]).digest())
        if not hmac.compare_digest(digest.rstrip(b"="), expected.encode()):
            raise ConfigError(f"{label} has {shown(name)} with another hash than its RECORD says")


def _installed(members: dict[str, bytes], label: str) -> dict[Parts, bytes]:
    files: dict[Parts, bytes] = {}
    for name, data in members.items():
        parts = tuple(name.split("/"))
        if parts[0].endswith(".data"):
            if len(parts) < 3 or parts[1] not in {"purelib", "platlib"}:
                continue  # scripts, headers and data of a system: there is none inside
            parts = parts[2:]
        if parts in files:
            raise ConfigError(f"{label} has {shown('/'.join(parts))} twice")
        files[parts] = data
    return files


def declare_pure(path: Path) -> Path:
    """Write a wheel anew, beside the old, that says it is pure; `read` finds out if it is."""
    name, version, pure = tags(path.name)
    if pure:
        return path
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    (wheel,) = [member for member in members if re.fullmatch(r"[^/]+\.dist-info/WHEEL", member)]
    record = wheel.replace("/WHEEL", "/RECORD")
    text = re.sub(r"(?m)^Tag: .*\n", "", members[wheel].decode())
    text = re.sub(r"(?m)^Root-Is-Purelib: .*$", "Root-Is-Purelib: true", text)
    members[wheel] = f"{text.rstrip()}\nTag: py3-none-any\n".encode()
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    for member, data in members.items():
        if member != record:
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
            writer.writerow([member, f"sha256={digest.decode()}", len(data)])
    writer.writerow([record, "", ""])
    members[record] = rows.getvalue().encode()
    target = path.with_name(f"{name.replace('-', '_')}-{version}-py3-none-any.whl")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member, data in members.items():
            new.writestr(member, data)
    return target
