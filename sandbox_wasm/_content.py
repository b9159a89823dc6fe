"""What a file in memory holds: bytes that states of a session share until they change."""

from __future__ import annotations

_PAGE = 1 << 16  # a change to a shared file copies this much of it, or a little more


class Content:
    """The bytes of one file.

    What was written in one go is kept as it came. Later changes go to pages beside
    it, so that a large file is never copied for a small change. Neither holds anything
    beyond *size*: what is missing there reads as zeros.
    """

    __slots__ = ("_base", "_own", "_pages", "size")

    def __init__(self, data: bytes = b"") -> None:
        self._base = data
        # Both None until a part of it changes: most files never do, and there may be thousands.
        self._pages: dict[int, bytes | bytearray] | None = None
        self._own: set[int] | None = None  # pages that no other copy has
        self.size = len(data)

    def copy(self) -> Content:
        """Return another with the same bytes; from now on only the copy may change."""
        other = Content(self._base)
        other._pages = None if self._pages is None else self._pages.copy()
        other.size = self.size
        return other

    def same(self, other: Content) -> bool:
        """Whether both hold the same, if that can be seen without looking at bytes."""
        ours, theirs = self._pages or {}, other._pages or {}
        return (
            self._base is other._base
            and self.size == other.size
            and ours.keys() == theirs.keys()
            and all(page is theirs[at] for at, page in ours.items())
        )

    def read(self, at: int, size: int) -> bytes:
        """Return at most *size* bytes from *at*."""
        base, end = self._base, min(at + size, self.size)
        if at >= end:
            return b""
        if not self._pages:
            if at == 0 and end == len(base):
                return base
            return _filled(base[at:end], end - at)
        pieces = []
        while at < end:
            page, within = divmod(at, _PAGE)
            length = min(end - at, _PAGE - within)
            kept = self._pages.get(page)
            piece = base[at : at + length] if kept is None else kept[within : within + length]
            pieces.append(_filled(piece, length))
            at += length
        return b"".join(pieces)

    def write(self, at: int, data: bytes) -> None:
        """Store *data* at *at*."""
        end = at + len(data)
        if at == 0 and end >= self.size:
            self._replace(data)
            return
        pages, own = self._parts()
        view = memoryview(data)
        while view:
            page, within = divmod(at, _PAGE)
            piece, view = view[: _PAGE - within], view[_PAGE - within :]
            if len(piece) == _PAGE:
                pages[page] = bytes(piece)
                own.discard(page)
            else:
                kept = self._open_page(page)
                if within > len(kept):
                    kept.extend(bytes(within - len(kept)))
                kept[within : within + len(piece)] = piece
            at += len(piece)
        self.size = max(self.size, end)

    def truncate(self, size: int) -> None:
        """Cut to *size*, or fill up with zeros."""
        if size == 0:
            self._replace(b"")
        elif size < self.size:
            # Whatever is cut is gone: it must neither be held nor come back.
            self._base = self._base[:size]
            last, within = divmod(size, _PAGE)
            pages, own = self._parts()
            for page in [page for page in pages if page >= last]:
                if page == last and within:
                    del self._open_page(page)[within:]
                else:
                    del pages[page]
                    own.discard(page)
        self.size = size

    def _open_page(self, page: int) -> bytearray:
        """Return a page that may be changed in place."""
        pages, own = self._parts()
        kept = pages.get(page)
        if kept is None:
            kept = self._base[page * _PAGE : (page + 1) * _PAGE]
            if page == 0 and len(self._base) <= _PAGE:
                self._base = b""  # nothing of it is looked at any more
        elif page in own and isinstance(kept, bytearray):
            return kept
        kept = pages[page] = bytearray(kept)
        own.add(page)
        return kept

    def _replace(self, data: bytes) -> None:
        """Be *data*, and nothing of what it was."""
        self._base, self.size = data, len(data)
        self._pages = self._own = None

    def _parts(self) -> tuple[dict[int, bytes | bytearray], set[int]]:
        """Return the pages, and which of them are its own, to be changed."""
        if self._pages is None:
            self._pages = {}
        if self._own is None:
            self._own = set()
        return self._pages, self._own


def _filled(piece: bytes | bytearray, length: int) -> bytes:
    if len(piece) == length:
        return bytes(piece)
    return bytes(piece) + bytes(length - len(piece))
