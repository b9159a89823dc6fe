"""Waiting for streams written in Python, and for time: there are no files to wait for.

Written here and not in C, because asking a stream runs guest code, which may change the
very set of streams that is being gone through.
"""

from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

POLLIN = 1
POLLOUT = 4
POLLERR = 8
POLLHUP = 16

_IOCTL_POLL = 3
_STEP_MS = 20  # how often streams are asked


class poll:
    def __init__(self):
        self._streams = {}  # by identity: a stream need not be hashable

    def register(self, stream, eventmask=POLLIN | POLLOUT):
        if not hasattr(stream, "ioctl"):
            raise OSError("stream operation not supported")
        self._streams[id(stream)] = (stream, eventmask)

    def modify(self, stream, eventmask):
        if id(stream) not in self._streams:
            raise OSError(2, "No such file or directory")
        self.register(stream, eventmask)

    def unregister(self, stream):
        del self._streams[id(stream)]

    def _ready(self):
        found = []
        for stream, eventmask in list(self._streams.values()):
            events = stream.ioctl(_IOCTL_POLL, eventmask)
            if events:
                found.append((stream, events))
        return found

    def poll(self, timeout=-1):
        forever = timeout is None or timeout < 0
        end = None if forever else ticks_add(ticks_ms(), timeout)
        while True:
            found = self._ready()
            left = _STEP_MS if forever else ticks_diff(end, ticks_ms())
            if found or left <= 0:
                return found
            sleep_ms(min(left, _STEP_MS) if self._streams else left)

    def ipoll(self, timeout=-1, flags=0):
        return iter(self.poll(timeout))


def select(rlist, wlist, xlist, timeout=None):
    waiting = poll()
    masks = {}
    for streams, mask in ((rlist, POLLIN), (wlist, POLLOUT), (xlist, POLLERR)):
        for stream in streams:
            masks[id(stream)] = masks.get(id(stream), 0) | mask
            waiting.register(stream, masks[id(stream)])
    found = waiting.poll(None if timeout is None else int(timeout * 1000))
    return tuple([s for s, events in found if events & mask] for mask in (POLLIN, POLLOUT, POLLERR))
