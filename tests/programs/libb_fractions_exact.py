"""fractions."""

import math
from fractions import Fraction as F

for args in [(), (3,), (6, 4), (-6, -4), (3, -9), ("3/4",), (" -1.25 ",), ("1e3",), ("2.5e-2",), ("7",), (0.5,), (0.1,),
             (F(1, 2), F(3, 4)), (F(5, 7),), ("-0",), (1.1, ), (True,)]:
    f = F(*args)
    print(args, repr(f), str(f), f.numerator, f.denominator)
a, b = F(3, 4), F(-5, 6)
print(a + b, a - b, a * b, a / b, a // b, a % b, divmod(a, b), -a, +a, abs(b), a**2, a**-2, b**3)
print(a + 1, 1 + a, 2 - a, a * 2, 2 / a, 7 // a, 7 % a, a + 0.5, 0.5 * a, 2**F(2), F(4) ** F(1, 2), 1 / F(3))
print(a == F(6, 8), a == 0.75, F(4, 2) == 2, 2 == F(2), a < b, a > 0.5, a <= 1, 1 >= a, a != b, F(1, 3) == 1 / 3)
print(sum([F(1, 3)] * 3), max(a, b), sorted([a, b, F(0)]), bool(F(0)), bool(a), float(a), int(F(-7, 2)), float(F(1, 3)))
print(round(F(5, 2)), round(F(7, 2)), round(F(22, 7), 3), round(F(1234), -2), math.floor(F(-7, 2)), math.ceil(F(-7, 2)))
print(math.trunc(F(-7, 2)), F(math.pi).limit_denominator(1000), F("3.1415926535").limit_denominator(10))
print(F(22, 7).limit_denominator(), F.from_float(0.25), hash(F(3)) == hash(3), hash(F(1, 2)) == hash(0.5), {F(1, 3): 1})
print(F(7, 3).as_integer_ratio(), F(10**30, 3) * 3 == 10**30, F(1, 3) + F(1, 6))
for f in [lambda: F(1, 0), lambda: F("x"), lambda: F("1/0"), lambda: F(1.5, 2), lambda: F(1) / 0, lambda: F(0) ** -1,
          lambda: F(float("nan")), lambda: F(float("inf")), lambda: F([]), lambda: F(1) + "x", lambda: F(1) < "x",
          lambda: F(1, "2"), lambda: F("1/2/3"), lambda: F("")]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
print(F(1, 2) == "x", "%s %d" % (F(1, 2), F(7, 2)))
