# Floats print, parse and round as they do in CPython, to the last digit.
import math

for x in (
    5e-324,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    0.1 + 0.2,
    2.0**-44,
    1e22,
    1e23,
    1e16,
):
    print(repr(x), -x, float(repr(x)) == x)
print(float("0.500000000000000166533453693773481063544750213623046875"))
print(
    float("2.4703282292062327e-324"),
    float("2.4703282292062328e-324"),
    float("1.797693134862315808e308"),
)
print(float("9007199254740993"), float("9007199254740993.0000000000000000000001"))
print("%.20f %.0f %.0f %.17g" % (0.1, 0.5, 1.5, 0.1), "%.3f" % 1e22)
print("{:.40f}".format(1e-20), "{:.3e}".format(9999.5), "{:g}".format(1e-5), "{:.0e}".format(25.0))
print(
    round(2.675, 2),
    round(8.0403965699430003, 12),
    round(1250.0, -2),
    round(1e300, -299),
    round(-0.4, 0),
)
for text in ("", ".", "e5", "1e", "1__0", "_1", "1_", "1_0.5_0", "1e1_0"):
    try:
        print(text, float(text))
    except ValueError:
        print(text, "ValueError")

print((2**100) / 3, 10**400 / 10**390, 1 / 10**330, float(2**54 + 3), -(2**70 + 1) / 7)
print(2**70 + 1 == 2.0**70, 2**70 + 1 > 2.0**70, 10**400 > 1e308, 10**400 < math.inf)
print(hash(2**100) == hash(2.0**100), hash(2**40) == hash(2.0**40), {2**100: "found"}[2.0**100])
print(int(1e300) == 10**300, math.floor(2**70 + 1), math.ceil(1e22), math.trunc(-2.5))
for f in (
    lambda: 10**400 / 3,
    lambda: float(2**2000),
    lambda: 2.0**5000,
    lambda: math.exp(1000),
    lambda: math.pow(10, 400),
    lambda: math.ldexp(1.0, 5000),
    lambda: math.log(0),
    lambda: math.sqrt(-1),
):
    try:
        print(f())
    except (OverflowError, ValueError) as e:
        print(type(e).__name__)
