# Runs in the guest: stands in for ctypes, whose sizes of C's types packages look at (sympy
# does, as it is imported). There is nothing else in it, so what would call C finds no name.
def _sandbox_define_sizes():
    import sys
    import types

    module = types.ModuleType("ctypes", "The sizes of C's types in the sandbox; no calls.")
    sizes = {
        1: "c_bool c_char c_byte c_ubyte c_int8 c_uint8",
        2: "c_short c_ushort c_int16 c_uint16",
        4: "c_int c_uint c_long c_ulong c_int32 c_uint32 c_size_t c_ssize_t c_float c_wchar "
        "c_void_p c_char_p c_wchar_p",
        8: "c_longlong c_ulonglong c_int64 c_uint64 c_double",
    }
    known = {}
    for size, names in sizes.items():
        for name in names.split():
            known[type(name, (), {"__module__": "ctypes"})] = size

    def sizeof(what):
        """Return the bytes of a type, or of a value of one."""
        for kind in (what, type(what)):
            if isinstance(kind, type) and kind in known:
                return known[kind]
        raise TypeError("this type has no size")

    for kind in known:
        setattr(module, kind.__name__, kind)
    module.sizeof = sizeof
    sys.modules["ctypes"] = module


_sandbox_define_sizes()
del _sandbox_define_sizes
