"""Numbers at the edges of what a float holds, and operations that stop short of them."""

import math


# Each as it is, or the exception that it is instead.
def show(text):
    try:
        value = eval(text)
    except Exception as e:
        value = type(e).__name__
    print(text, value if not isinstance(value, float) else "%.13g" % value)


TINY = [5e-324, 1e-310, 9.68336540770288e-309, 2.225073858507201e-308, 2.2250738585072014e-308]
for x in TINY + [0.75, 1.0, 1e300, 1 << 60, 1 << 1030, 3**700, True]:
    print("%.13g %.13g %.13g" % (math.log2(x), math.log(x), math.log(x, 2)))
print([math.log2(2.0**-n) == -n for n in (1022, 1023, 1050, 1074)])
for name in ("log", "log2", "log10"):
    for x in ("0", "0.0", "-1", "-5e-324", "float('-inf')", "float('inf')", "float('nan')", "'1'", "None"):
        show("math.%s(%s)" % (name, x))
for x in ("1e-320", "-1e-320", "0.0", "-0.0", "-1.0", "171.5", "172.0"):
    show("math.gamma(%s)" % x)
for x in ("1.0", "0.999", "-1.0", "float('inf')", "float('-inf')", "float('nan')"):
    show("math.acosh(%s)" % x)
for text in (
    "math.nextafter(-5e-324, 1.0)", "math.nextafter(5e-324, -1.0)", "math.nextafter(0.0, -1.0)",
    "math.nextafter(-2.2250738585072014e-308, 0.0)", "math.nextafter(1.7976931348623157e308, math.inf)",
    "math.hypot(1e308, 1.7976931348623157e308)", "math.hypot(1.7976931348623157e308)",
    "math.hypot(3e-320, 4e-320)", "math.dist((1e308, 0), (-1e308, 0))",
):  # fmt: skip
    show(text)
for text in (
    "(-2.5) ** float('inf')", "float('-inf') ** -57.08", "float('-inf') ** 12.5", "(-5.5e45) ** 9.5",
    "(-1e300) ** 91.5", "1e200 ** 2", "(1e200 + 1j) ** 3",
    "round(True, 2)", "round(False)", "round(True, -1)", "type(round(True))",
    "pow(True, 3, 5)", "pow(7, 3, True)", "pow(7, True, 5)", "pow(5, 0, -7)", "pow(5, 0, 1)", "pow(5, 3, False)",
    "True | False", "True & True", "True ^ True", "True | 2", "2 & True", "True + True",
    "2 ** 4095", "1 << 4100", "(1 << 4095) - (1 << 4094) == 1 << 4094", "2 ** -1", "0 ** -1", "1 << -1",
):  # fmt: skip
    show(text)
flag = True
flag |= False
flag &= True
flag ^= False
print(flag)


def never():
    return 7**90000000, 1 << 400000000


print("compiled")
