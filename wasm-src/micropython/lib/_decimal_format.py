"""Decimal.__format__."""

from _decimal_context import getcontext, round_quotient


def _parse(spec):
    fill, align = " ", ""
    if len(spec) > 1 and spec[1] in "<>=^":
        fill, align = spec[0], spec[1]
        i = 2
    else:
        i = 0
        if spec[:1] and spec[0] in "<>=^":
            align = spec[0]
            i = 1
    sign = "-"
    if spec[i : i + 1] and spec[i] in "+- ":
        sign = spec[i]
        i += 1
    no_negative_zero = spec[i : i + 1] == "z"
    if no_negative_zero:
        i += 1
    if spec[i : i + 1] == "#":
        i += 1
    if spec[i : i + 1] == "0":
        if not align:
            fill, align = "0", "="
        i += 1
    j = i
    while j < len(spec) and spec[j].isdigit():
        j += 1
    width = int(spec[i:j] or "0")
    group = ""
    if spec[j : j + 1] and spec[j] in ",_":
        group = spec[j]
        j += 1
    precision = None
    if spec[j : j + 1] == ".":
        i = j + 1
        j = i
        while j < len(spec) and spec[j].isdigit():
            j += 1
        if i == j:
            raise ValueError("invalid format string")
        precision = int(spec[i:j])
    kind = spec[j:]
    if kind not in ("", "e", "E", "f", "F", "g", "G", "n", "%"):
        raise ValueError("invalid format string")
    return fill, align or ">", sign, no_negative_zero, width, group, precision, kind


def _grouped(digits, group, width):
    """digits in groups of three; with leading zeros up to width characters."""
    out = []
    while True:
        out.append(digits[-3:])
        digits = digits[:-3]
        size = sum([len(part) for part in out]) + len(out) - 1
        if not digits:
            if size >= width:
                break
            need = width - size
            if len(out[-1]) < 3:
                more = min(3 - len(out[-1]), need)
                out[-1] = "0" * more + out[-1]
                need -= more
            if not need:
                break
            digits = "0" * max(need - 1, 1)
    return group.join(reversed(out))


def _number(x, precision, kind):
    """The digits before the point, those after it and the exponent's text."""
    n, exp = x._n, x._exp
    rounding = getcontext().rounding
    if kind == "%":
        exp += 2
    lower = kind.lower()
    size = len(str(n))
    if precision is not None:
        if lower == "e":
            keep = precision + 1
            drop = size - keep
            if n or drop > 0:
                n, exp = _to_digits(x, n, exp, drop, keep, rounding)
        elif lower in ("f", "%"):
            n, _ = round_quotient(x._sign, n, -precision - exp, rounding)
            exp = -precision
        elif size > max(precision, 1):
            keep = max(precision, 1)
            n, exp = _to_digits(x, n, exp, size - keep, keep, rounding)
    digits = str(n)
    if lower in ("f", "%"):
        point = len(digits) + exp
    elif lower == "e":
        point = 1
    elif exp <= 0 and len(digits) + exp > -6:
        point = len(digits) + exp
    else:
        point = 1
    power = len(digits) + exp - point
    if point <= 0:
        whole, part = "0", "0" * -point + digits
    else:
        digits += "0" * (point - len(digits))
        whole, part = digits[:point], digits[point:]
    if lower in ("f", "%"):
        return whole, part, ""
    if lower == "e" and precision is not None and not n:
        part = "0" * precision
        power = x._exp
    letter = "e" if kind in ("e", "g") else "E"
    return whole, part, "%s%+d" % (letter, power) if lower == "e" or power else ""


def _to_digits(x, n, exp, drop, keep, rounding):
    n, _ = round_quotient(x._sign, n, drop, rounding)
    exp += drop
    if len(str(n)) > keep:
        n //= 10
        exp += 1
    return n, exp


def format_decimal(x, spec):
    fill, align, sign, no_negative_zero, width, group, precision, kind = _parse(spec)
    negative = x._sign
    if not x.is_finite():
        body = str(x.copy_abs())
        tail = "%" if kind == "%" else ""
        if fill == "0" and align == "=":
            fill = " "
    else:
        whole, part, power = _number(x, precision, kind)
        if no_negative_zero and not (whole + part).strip("0"):
            negative = 0
        tail = ("." + part if part else "") + power + ("%" if kind == "%" else "")
        body = whole
    lead = "-" if negative else "" if sign == "-" else sign
    if x.is_finite() and group:
        room = width - len(lead) - len(tail) if fill == "0" and align == "=" else 0
        body = _grouped(body, group, room)
    text = body + tail
    pad = fill * (width - len(lead) - len(text))
    if align == "<":
        return lead + text + pad
    if align == "=":
        return lead + pad + text
    if align == "^":
        half = len(pad) // 2
        return pad[:half] + lead + text + pad[half:]
    return pad + lead + text
