"""CPython's struct: the C module, with CPython's checks, its other codes and Struct."""

import ustruct as _c


class error(Exception):
    pass


_SIZES = {
    "b": (1, True),
    "B": (1, False),
    "h": (2, True),
    "H": (2, False),
    "i": (4, True),
    "I": (4, False),
    "l": (4, True),
    "L": (4, False),
    "q": (8, True),
    "Q": (8, False),
}
_known = {}


class Struct:
    def __init__(self, format):
        if not isinstance(format, str):
            format = format.decode()
        self.format = format
        order = format[:1] if format[:1] in ("@", "=", "<", ">", "!") else ""
        c_format = "<" if order == "=" else order
        self._native = order in ("", "@")
        # What each value is: its code, and the count of one of bytes.
        self._codes = []
        i = len(order)
        while i < len(format):
            c = format[i]
            if c.isspace():
                i += 1
                continue
            j = i
            while j < len(format) and format[j].isdigit():
                j += 1
            count = int(format[i:j]) if j > i else 1
            code = format[j : j + 1]
            if not code:
                raise error("repeat count given without format specifier")
            if code in "nNP" and not self._native:
                raise error("bad char in struct format")
            if code in ("s", "p"):
                self._codes.append((code, count))
                c_format += "%ds" % count
            elif code == "x":
                c_format += "%dx" % count
            elif code in _SIZES or code in "efdPnN":
                self._codes += [(code, 0)] * count
                c_format += "%d%s" % (count, {"n": "l", "N": "L"}.get(code, code))
            elif code in "?c":
                self._codes += [(code, 0)] * count
                c_format += "%dB" % count
            else:
                raise error("bad char in struct format")
            i = j + 1
        self._format = c_format
        self.size = _c.calcsize(c_format)

    def _converted(self, values):
        codes = self._codes
        if len(values) != len(codes):
            raise error(
                "pack expected %d items for packing (got %d)" % (len(codes), len(values))
            )
        out = []
        for (code, count), v in zip(codes, values):
            if code in _SIZES or code in "nNP":
                if not isinstance(v, int):
                    if not hasattr(v, "__index__"):
                        raise error("required argument is not an integer")
                    v = v.__index__()
                size, signed = _SIZES.get(code) or (_c.calcsize("l"), code == "n")
                if code in "lL" and self._native:
                    size = _c.calcsize("l")
                bits = size * 8
                low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
                if not low <= v <= high:
                    raise error(
                        "'%s' format requires %d <= number <= %d" % (code, low, high)
                    )
            elif code == "?":
                v = 1 if v else 0
            elif code in "efd":
                if not isinstance(v, (int, float)) and not hasattr(v, "__float__"):
                    raise error("required argument is not a float")
                v = float(v)
                if code == "f" and abs(v) > 3.4028235677973366e38 and v - v == 0.0:
                    raise OverflowError("float too large to pack with f format")
            else:
                if not isinstance(v, (bytes, bytearray)):
                    raise error("argument for '%s' must be a bytes object" % code)
                if code == "c":
                    if len(v) != 1:
                        raise error("char format requires a bytes object of length 1")
                    v = v[0]
                elif code == "p":
                    v = (bytes([min(len(v), count - 1, 255)]) + bytes(v))[:count] if count else b""
            out.append(v)
        return out

    def pack(self, *values):
        return _c.pack(self._format, *self._converted(values))

    def pack_into(self, buffer, offset, *values):
        offset = self._offset(buffer, offset, "pack_into")
        _c.pack_into(self._format, buffer, offset, *self._converted(values))

    def _offset(self, buffer, offset, what):
        n = len(buffer)
        if offset < 0:
            if offset + n < 0:
                raise error("offset %d out of range for %d-byte buffer" % (offset, n))
            offset += n
        if n - offset < self.size:
            raise error(
                "%s requires a buffer of at least %d bytes for %s %d bytes at offset %d "
                "(actual buffer size is %d)"
                % (
                    what,
                    self.size + offset,
                    "packing" if what == "pack_into" else "unpacking",
                    self.size,
                    offset,
                    n,
                )
            )
        return offset

    def _unpacked(self, values):
        codes = self._codes
        for code, _ in codes:
            if code in "?cp":
                break
        else:
            return values
        out = []
        for (code, _), v in zip(codes, values):
            if code == "?":
                v = bool(v)
            elif code == "c":
                v = bytes([v])
            elif code == "p":
                v = v[1 : 1 + v[0]] if v else v
            out.append(v)
        return tuple(out)

    def unpack(self, buffer):
        if len(buffer) != self.size:
            raise error("unpack requires a buffer of %d bytes" % self.size)
        return self._unpacked(_c.unpack(self._format, buffer))

    def unpack_from(self, buffer, offset=0):
        offset = self._offset(buffer, offset, "unpack_from")
        return self._unpacked(_c.unpack_from(self._format, buffer, offset))

    def iter_unpack(self, buffer):
        size = self.size
        if not size:
            raise error("cannot iteratively unpack with a struct of length 0")
        if len(buffer) % size:
            raise error("iterative unpacking requires a buffer of a multiple of %d bytes" % size)
        return iter([self.unpack_from(buffer, i) for i in range(0, len(buffer), size)])


def _struct(format):
    made = _known.get(format)
    if made is None:
        if len(_known) >= 64:
            _known.clear()
        made = _known[format] = Struct(format)
    return made


def calcsize(format):
    return _struct(format).size


def pack(format, *values):
    return _struct(format).pack(*values)


def pack_into(format, buffer, offset, *values):
    _struct(format).pack_into(buffer, offset, *values)


def unpack(format, buffer):
    return _struct(format).unpack(buffer)


def unpack_from(format, buffer, offset=0):
    return _struct(format).unpack_from(buffer, offset)


def iter_unpack(format, buffer):
    return _struct(format).iter_unpack(buffer)
