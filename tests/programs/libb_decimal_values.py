"""decimal: values, arithmetic, rounding, formats."""

import decimal
from decimal import (Context, Decimal as D, DivisionByZero, InvalidOperation, ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR,
                     ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, ROUND_05UP, getcontext, localcontext)

for text in ["0", "-0", "1.10", "-12.50", "1E5", "1e-7", "0.000001", "0.0000001", "123.456E-10", "Infinity", "-inf", "NaN",
             " 7 ", "1_000.5", ".5", "5.", "+3", "0E+3", "0.00", "123456789012345678901234567890.12345"]:
    d = D(text)
    print(text, repr(d), d.as_tuple(), d.adjusted(), d.is_zero(), d.is_signed(), d.is_finite())
print(D(5), D(-7), D(0.1), D(0.5), D((1, (1, 2, 3), -2)), D(D("1.50")), D(10**30), D(True), D(1e20), D(-0.0))
a, b = D("10.25"), D("3")
print(a + b, a - b, a * b, a / b, a // b, a % b, divmod(a, b), -a, +a, abs(D("-2")), a**2, a**-1, b**3)
print(1 + a, 20 - a, 2 * a, 1 / b, 7 // b, 7 % b, 2**b, D("-7") // 2, D("-7") % 3, D("7") % -3, divmod(D(-7), D(2)))
print(D("0.1") + D("0.2"), D("1.00") * D("2.0"), D("1.20") + D("1.3"), D("100") / D("8"), D(1) / D(7), D("2.0") / 1)
print(D("1e30") + 1, D("1e40") + D("1e-40"), D("123456789") * D("987654321987654321987654321"), D(10) / 5, D("1e3") / 10)
print(a == D("10.250"), a > b, a < 11, a >= 10.25, a != 10, D("0.5") == 0.5, D("0.1") == 0.1, 3 == b, D(0) == D("-0"))
print(sum([D("0.1")] * 10), max(a, b), min([a, b]), sorted([D("2"), D("-1"), D("1.5")]), a.compare(b), a.max(b), b.min(a))
print(hash(D(3)) == hash(3), hash(D("0.5")) == hash(0.5), {D("1.0"): 1}[D("1")], bool(D("0.0")), bool(D("0.1")))
for r in [ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, ROUND_05UP]:
    print(r, [str(D(x).quantize(D("1"), rounding=r)) for x in ["1.5", "2.5", "-2.5", "1.1", "-1.1", "5.1", "1.6", "-0.3"]])
print(D("3.14159").quantize(D("0.01")), D("2.675").quantize(D(".01"), ROUND_HALF_UP), D("7").quantize(D("0.000")), D("123").quantize(D("1E1")))
print(D("1.500").normalize(), D("100").normalize(), D("0.00").normalize(), D("2.5").to_integral_value(), D("-3.7").to_integral_value(ROUND_DOWN))
print(round(D("2.5")), round(D("3.5")), round(D("2.675"), 2), round(D("1234"), -2), int(D("-3.9")), int(D("1e3")), float(D("1.1")))
import math
print(math.floor(D("-1.5")), math.ceil(D("-1.5")), math.trunc(D("-1.5")), D("2.5").as_integer_ratio(), D("1e2").as_integer_ratio())
print(D(2).sqrt(), D("16").sqrt(), D("0.0004").sqrt(), D(10).ln(), D(1).exp(), D("2.5").exp(), D(100).log10(), D(2).log10())
print(D("0.5").ln(), D("1.0001").ln(), D(-3).exp(), D(2) ** D("0.5"), D(4) ** D("0.5"), D("1.05") ** 30, D(2) ** -2, D(2)**100, D("1.1") ** D("2.2"))
print(str(a), f"{a}", "%s" % a, "{:.1f}".format(a), f"{a:10.3f}|", f"{a:<10}|", f"{a:^+12.2f}|", f"{D('1234567.891'):,.2f}", f"{D('0.256'):.1%}")
print(f"{D('12345.678'):e} {D('12345.678'):.2e} {D('12345.678'):.3g} {D('0.00001'):f} {D('1e10'):f} {a:08.2f} {D('-5'):05} {D('1e10'):,}")
print(f"{D('2.675'):.2f} {D('0.125'):.2f} {D(10):.2f} {D('NaN'):>5} {D('-Infinity'):f} {D(0):.3f} {D('1E+3')} {D('1E+3'):.1f} {D(7):.0f}")
with localcontext() as ctx:
    ctx.prec = 5
    print(D(1) / D(3), D("123456") + 0, +D("1.234567"), D(2).sqrt())
    ctx.rounding = ROUND_UP
    print(D(1) / D(3), D(2) / 3)
print(D(1) / D(3), getcontext().prec, getcontext().rounding)
getcontext().prec = 10
print(D(1) / D(3), Context(prec=4).create_decimal("1.23456"))
getcontext().prec = 28
inf, nan = D("Infinity"), D("NaN")
print(inf + 1, -inf, inf * -2, 1 / inf, nan + 1, nan == nan, nan != nan, inf > 10**10, D("-inf") < 0, nan.is_nan(), inf.is_infinite())
for f in [lambda: D("abc"), lambda: D(1) / 0, lambda: D(0) / 0, lambda: D(1) % 0, lambda: D(-1).sqrt(), lambda: inf - inf,
          lambda: D(-1).ln(), lambda: nan < 1, lambda: D("1").quantize(D("1e-40")), lambda: D([1]), lambda: D(None),
          lambda: D(1) + 1.5, lambda: D(1) + "1", lambda: D(1) < "x", lambda: int(nan), lambda: int(inf), lambda: D("1e999999") * 10,
          lambda: D(1) // 0, lambda: D({})]:
    try:
        print(f())
    except (InvalidOperation, DivisionByZero) as e:
        print(type(e).__name__, isinstance(e, ArithmeticError), e)
    except Exception as e:
        print(type(e).__name__)
print(D(1) == "1", D("1.0").copy_negate(), D(3).copy_sign(D(-1)), D("1.10").same_quantum(D("2.22")), D(2).fma(3, 4), D("12.3").scaleb(2))
print(D("1e-10").to_eng_string(), D("123E+5").to_eng_string(), D("0.1") + D(2), repr(D("1E+2") * 3))
ctx = getcontext()
ctx.traps[DivisionByZero] = False
print(D(1) / 0, D(-1) / 0)
ctx.traps[DivisionByZero] = True
print(Context(prec=6, rounding=ROUND_DOWN))
