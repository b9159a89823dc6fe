"""Enough of `ctypes` for what asks for the sizes of C's types; there is no native code to call.

Libraries can be looked for, and are not found. Structures, pointers and prototypes of functions
can be declared; whoever makes one is told that there are none.
"""

_WHY = "the sandbox has no ctypes: there is no native code to call"

DEFAULT_MODE = RTLD_LOCAL = 0
RTLD_GLOBAL = 256


class ArgumentError(Exception):
    pass


class _Meta(type):
    def __mul__(cls, length):
        return _declare("Array", Array, None if cls._size is None else cls._size * length)

    __rmul__ = __mul__


class _Simple(metaclass=_Meta):
    """A number, which keeps to its width as one of C does."""

    def __init__(self, value=None):
        self.value = value

    def __setattr__(self, name, value):
        if name == "value":
            value = self._fit(value)
        object.__setattr__(self, name, value)

    def __repr__(self):
        return f"{type(self).__name__}({self.value!r})"

    def __bool__(self):
        return bool(self.value)


class _Integer(_Simple):
    def _fit(self, value):
        if value is None:
            value = 0
        if not isinstance(value, int):
            raise TypeError(f"an integer is required (got type {type(value).__name__})")
        bits = 8 * self._size
        value &= (1 << bits) - 1
        return value - (1 << bits) if self._signed and value >> (bits - 1) else value


class _Real(_Simple):
    def _fit(self, value):
        import struct

        value = 0.0 if value is None else float(value)
        return value if self._size == 8 else struct.unpack("f", struct.pack("f", value))[0]


class _Truth(_Simple):
    def _fit(self, value):
        return bool(value)


class _Opaque(metaclass=_Meta):
    """What would hold an address or text of C."""

    _size = None

    def __init__(self, *args, **kwargs):
        raise NotImplementedError(_WHY)


class Array(_Opaque):
    pass


class Structure(_Opaque):
    pass


class Union(_Opaque):
    pass


BigEndianStructure = LittleEndianStructure = Structure
BigEndianUnion = LittleEndianUnion = Union


class _Pointer(_Opaque):
    _size = 4


def _declare(name, base, size, **attributes):
    return _Meta(name, (base,), {"__module__": "ctypes", "_size": size, **attributes})


for _names, _base, _bytes, _attributes in (
    ("c_byte c_int8", _Integer, 1, {"_signed": True}),
    ("c_ubyte c_uint8", _Integer, 1, {"_signed": False}),
    ("c_short c_int16", _Integer, 2, {"_signed": True}),
    ("c_ushort c_uint16", _Integer, 2, {"_signed": False}),
    ("c_int c_int32 c_long c_ssize_t", _Integer, 4, {"_signed": True}),
    ("c_uint c_uint32 c_ulong c_size_t", _Integer, 4, {"_signed": False}),
    ("c_longlong c_int64 c_time_t", _Integer, 8, {"_signed": True}),
    ("c_ulonglong c_uint64", _Integer, 8, {"_signed": False}),
    ("c_float", _Real, 4, {}),
    ("c_double", _Real, 8, {}),
    ("c_bool", _Truth, 1, {}),
    ("c_char", _Opaque, 1, {}),
    ("c_wchar", _Opaque, 4, {}),
    ("c_void_p c_char_p c_wchar_p py_object", _Opaque, 4, {}),
):
    _first, *_others = _names.split()
    globals()[_first] = _declare(_first, _base, _bytes, **_attributes)
    for _name in _others:
        globals()[_name] = _declare(_name, _base, _bytes, **_attributes)
del _names, _base, _bytes, _attributes, _first, _others, _name


def sizeof(what):
    """Return the bytes of a type, or of a value of one."""
    kind = what if isinstance(what, _Meta) else type(what)
    if not isinstance(kind, _Meta) or kind._size is None:
        raise TypeError("this type has no size")
    return kind._size


def alignment(what):
    """Return the alignment of a type, or of a value of one: its size, for all that have one."""
    return sizeof(what)


def POINTER(kind):
    """Return the type of pointers to *kind*, of which there are none."""
    return _declare("LP_" + getattr(kind, "__name__", "void"), _Pointer, 4)


def CFUNCTYPE(*types, **options):
    """Return a type of functions, of which there are none."""
    return _declare("CFunctionType", _Pointer, 4)


PYFUNCTYPE = CFUNCTYPE


def _refuse(*args, **kwargs):
    raise NotImplementedError(_WHY)


addressof = byref = cast = create_string_buffer = create_unicode_buffer = get_errno = memmove = _refuse
memset = pointer = resize = set_errno = string_at = wstring_at = _refuse


class CDLL:
    """A library, which is never found."""

    def __init__(self, name=None, *args, **kwargs):
        raise OSError(f"{name}: the sandbox has no shared libraries")


PyDLL = CDLL


class LibraryLoader:
    def __init__(self, kind):
        self._kind = kind

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self._kind(name)

    def __getitem__(self, name):
        return self._kind(name)

    def LoadLibrary(self, name):
        return self._kind(name)


cdll = LibraryLoader(CDLL)
pydll = LibraryLoader(PyDLL)
