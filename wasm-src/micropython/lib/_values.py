"""Values of the frozen library's types across the boundary; called by values.c.

Each entry is a tag, the module and class it stands for, and how to take a value
apart and put it together again. A class whose module was never imported has no
instances, so nothing is imported to encode.
"""

import sys


def _timedelta(d):
    return [d.days, d.seconds, d.microseconds]


# Subclasses first: a datetime is a date.
_TYPES = (
    ("datetime", "datetime", "datetime", lambda v: v.isoformat(), lambda c, v: c.fromisoformat(v)),
    ("date", "datetime", "date", lambda v: v.isoformat(), lambda c, v: c.fromisoformat(v)),
    ("time", "datetime", "time", lambda v: v.isoformat(), lambda c, v: c.fromisoformat(v)),
    ("timedelta", "datetime", "timedelta", _timedelta, lambda c, v: c(v[0], v[1], v[2])),
    ("decimal", "decimal", "Decimal", str, lambda c, v: c(v)),
    ("fraction", "fractions", "Fraction", str, lambda c, v: c(v)),
    ("uuid", "uuid", "UUID", lambda v: v.hex, lambda c, v: c(v)),
)


class HostObject:
    """An object of the host: a reference that methods are called by."""

    def __init__(self, told):
        self._told = told

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            function = getattr(eval(self._told[1], {}), name)
        except (AttributeError, NameError):
            raise AttributeError("%r has no method %r" % (self, name))
        return lambda *args, **kwargs: function(self, *args, **kwargs)

    def __repr__(self):
        return "<host object %s>" % self._told[1]

    def __eq__(self, other):
        return type(other) is HostObject and self._told == other._told

    def __hash__(self):
        return hash(self._told[0])

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


def encode(value):
    """Return ``(tag, payload)``, ``(None, plain value)``, or None if it is not data."""
    if type(value) is HostObject:
        return "host", value._told
    modules = sys.modules
    for tag, module, name, apart, _ in _TYPES:
        if module in modules and isinstance(value, getattr(modules[module], name)):
            return tag, apart(value)
    if "enum" in modules and isinstance(value, modules["enum"].Enum):
        return None, value.value
    if hasattr(value, "__dataclass_fields__"):
        return None, {name: getattr(value, name) for name in value.__dataclass_fields__}
    if "collections" in modules:
        collections = modules["collections"]
        if isinstance(value, collections.deque):
            return None, list(value)
    return None


def decode(tag, payload):
    if tag == "host":
        return HostObject(payload)
    for known, module, name, _, together in _TYPES:
        if known == tag:
            return together(getattr(__import__(module), name), payload)
    raise ValueError("malformed value from the host")
