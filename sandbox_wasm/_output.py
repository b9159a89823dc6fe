"""What a run has printed, as text and at no more than its size.

Guest code chooses the pieces in which it writes. As objects of their own, pieces of two
bytes would take thirty times as much of the host's memory as they have bytes: so the bytes
are kept, and made text of when somebody asks.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

_decoder = codecs.getincrementaldecoder("utf-8")


class Output:
    """The output of one run, by stream."""

    def __init__(self) -> None:
        self._kept: dict[int, bytearray] = {}
        self._decoders: dict[int, codecs.IncrementalDecoder] = {}
        self._is_whole = False  # the last bytes are all that there will be

    def add(self, stream: int, data: bytes) -> str:
        """Keep *data*; return the text that is complete by it."""
        if stream not in self._kept:
            self._kept[stream] = bytearray()
            self._decoders[stream] = _decoder("replace")
        self._kept[stream] += data
        return self._decoders[stream].decode(data)

    def finish(self) -> Iterator[tuple[int, str]]:
        """Yield the text that is left of each stream: bytes that never became a character."""
        self._is_whole = True
        for stream, decoder in self._decoders.items():
            text = decoder.decode(b"", final=True)
            if text:
                yield stream, text

    def text(self, stream: int) -> str:
        """Return all that was kept of *stream*."""
        data = self._kept.get(stream)
        return _decoder("replace").decode(data, final=self._is_whole) if data else ""
