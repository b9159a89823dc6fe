"""What the guest's C code leaves to Python: rarer values, and the text of errors."""

import builtins
import functools
import sys
import traceback
from asyncio import events, unix_events

# Guest code may change the builtins; what is here keeps those that it began with.
__builtins__ = dict(vars(builtins))

_TEXT_BYTES = 65536
_DEPTH = 1000  # of a traceback; beyond it only its end is shown
_SHOWN = 100


class SourceName(str):
    """The name of a run's source: equal to all others, but hashed by identity."""

    __slots__ = ()
    __hash__ = object.__hash__


# ---- values


def _timedelta(value):
    return [value.days, value.seconds, value.microseconds]


# The tag, the module and class, and how to take a value apart and put it together.
# Subclasses first: a datetime is a date.
_TYPES = (
    ("datetime", "datetime", "datetime", lambda v: v.isoformat(), lambda c, v: c.fromisoformat(v)),
    ("date", "datetime", "date", lambda v: v.isoformat(), lambda c, v: c.fromisoformat(v)),
    ("time", "datetime", "time", lambda v: v.isoformat(), lambda c, v: c.fromisoformat(v)),
    ("timedelta", "datetime", "timedelta", _timedelta, lambda c, v: c(*v)),
    ("decimal", "decimal", "Decimal", str, lambda c, v: c(v)),
    ("fraction", "fractions", "Fraction", str, lambda c, v: c(v)),
    ("uuid", "uuid", "UUID", lambda v: v.hex, lambda c, v: c(v)),
)


class HostObject:
    """An object of the host: a reference that methods are called by."""

    __slots__ = ("_told",)

    def __init__(self, told):
        self._told = told

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        function = getattr(getattr(builtins, self._told[1], None), name, None)
        if function is None:
            raise AttributeError(f"{self!r} has no method {name!r}")
        return functools.partial(function, self)

    def __dir__(self):
        return dir(getattr(builtins, self._told[1], None))

    def __repr__(self):
        return f"<host object {self._told[1]}>"

    def __eq__(self, other):
        return self._told == other._told if type(other) is HostObject else NotImplemented

    def __hash__(self):
        return hash(self._told[0])

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce_ex__(self, protocol):
        raise TypeError(f"{self!r} cannot be pickled: it is of this session")


def encode(value):
    """Return ``(tag, payload)``, ``(None, plain value)``, or None if it is not data."""
    if type(value) is HostObject:
        return "host", value._told
    modules = sys.modules
    for tag, module, name, apart, _ in _TYPES:
        if isinstance(value, getattr(modules.get(module), name, ())):
            return tag, apart(value)
    if isinstance(value, getattr(modules.get("enum"), "Enum", ())):
        return None, value.value
    if not isinstance(value, type) and hasattr(value, "__dataclass_fields__"):
        return None, {name: getattr(value, name) for name in value.__dataclass_fields__}
    if isinstance(value, getattr(modules.get("collections"), "deque", ())):
        return None, list(value)
    return None


def decode(tag, payload):
    if tag == "host":
        return HostObject(payload)
    for known, module, name, _, together in _TYPES:
        if known == tag:
            return together(getattr(__import__(module), name), payload)
    raise ValueError("malformed value from the host")


# ---- await


_loop = None


def complete(coroutine):
    """Return what *coroutine* comes to: a run whose own lines have an ``await``.

    The event loop is the session's, so that tasks and queues serve from run to run. One in
    the middle of which a run was cut off does not come back.
    """
    global _loop
    loop, _loop = _loop, None
    if loop is None or loop.is_closed():
        loop = events.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        _loop = loop


def await_answers(yes):
    """Let asyncio take what a host function returned for what can be awaited, or not."""
    unix_events.await_answers = yes


# ---- errors


def _bounded(text, tail=False):
    """Return *text* as what can be encoded, within the bound; its end if *tail*."""
    if len(text) > _TEXT_BYTES:
        text = "..." + text[-_TEXT_BYTES:] if tail else text[:_TEXT_BYTES] + "..."
    data = text.encode("utf-8", "backslashreplace")
    if len(data) > _TEXT_BYTES:
        data = data[-_TEXT_BYTES:] if tail else data[:_TEXT_BYTES]
    return data.decode("utf-8", "ignore")


def _message(error):
    try:
        return str(error)
    except Exception:
        return "<exception str() failed>"


def _is_deep(error):
    frame = error.__traceback__
    for _ in range(_DEPTH):
        if frame is None:
            return False
        frame = frame.tb_next
    return True


def _traceback(error):
    try:
        deep = _is_deep(error)
        lines = traceback.format_exception(error, limit=-_SHOWN if deep else None)
        if deep:
            lines.insert(1, "  [Earlier calls left out]\n")
        return "".join(lines)
    except Exception:
        return f"{type(error).__name__}: {_message(error)}\n"


def _own_frames(error):
    """Leave out the frames of the event loop around a run that awaits."""
    frame = error.__traceback__
    if frame is not None and frame.tb_frame.f_code is complete.__code__:
        while frame is not None and type(frame.tb_frame.f_code.co_filename) is not SourceName:
            frame = frame.tb_next
        if frame is not None:
            error.__traceback__ = frame


def describe(error):
    """Return the class name, the message and the traceback of *error*."""
    _own_frames(error)
    return [
        _bounded(type(error).__name__),
        _bounded(_message(error)),
        _bounded(_traceback(error), tail=True),
    ]
