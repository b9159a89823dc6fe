"""The images among the files that a run wrote, for frameworks that can show one to a model."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from .. import FileChanges

# Told by their first bytes, not by their names, and only what is pixels and nothing else: an
# SVG may hold scripts, and what a file is called was chosen by guest code.
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
# What providers take, and what a conversation can carry.
MAX_IMAGES = 4
MAX_IMAGE_BYTES = 3 << 20


@dataclass(frozen=True)
class Image:
    """An image that guest code wrote. Untrusted: what decodes it must stand any bytes.

    Attributes:
        path: Where, in the session's files.

        media_type: Such as ``"image/png"``.

        data: The file.
    """

    path: str
    media_type: str
    data: bytes

    @property
    def base64(self) -> str:
        """The data as providers want it in JSON."""
        return base64.b64encode(self.data).decode()

    @property
    def url(self) -> str:
        """The data as a ``data:`` URL."""
        return f"data:{self.media_type};base64,{self.base64}"


def media_type(data: bytes) -> str | None:
    """Return what kind of image *data* begins like, or None."""
    for signature, kind in _SIGNATURES.items():
        if data.startswith(signature):
            return kind
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def images(files: FileChanges) -> list[Image]:
    """Return the first few images among *files* that are small enough to be shown."""
    found: list[Image] = []
    for path, data in files.items():
        kind = media_type(data) if len(data) <= MAX_IMAGE_BYTES else None
        if kind is not None:
            found.append(Image(path, kind, data))
            if len(found) == MAX_IMAGES:
                break
    return found


# What a message, a state that is stored, or a store of artifacts is given at most.
MAX_FILES = 20
MAX_FILES_BYTES = 8 << 20


def small_files(files: FileChanges) -> dict[str, bytes]:
    """Return the first of *files* that fit together into what a message can carry."""
    found: dict[str, bytes] = {}
    room = MAX_FILES_BYTES
    for path, data in files.items():
        if len(found) == MAX_FILES:
            break
        if len(data) <= room:
            found[path] = data
            room -= len(data)
    return found
