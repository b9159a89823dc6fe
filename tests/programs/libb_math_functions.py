"""The functions of math that the C module has not, and the exact ones."""

import math


def show(f, *args):
    try:
        print(repr(f(*args)))
    except Exception as e:
        print(type(e).__name__)


for args in [(), (12,), (12, 18), (0, 0), (-4, 6), (10**30, 10**20), (12, 18, 27)]:
    show(math.gcd, *args)
    show(math.lcm, *args)
show(math.gcd, 1.5, 2)
for n, k in [(5, 2), (10, 0), (3, 5), (50, 25), (-1, 2), (5, -1)]:
    show(math.comb, n, k)
    show(math.perm, n, k)
show(math.perm, 6)
for n in [0, 1, 15, 16, 17, 10**40, 10**40 - 1, -1]:
    show(math.isqrt, n)
show(math.factorial, 0)
show(math.factorial, 25)
show(math.factorial, -1)
show(math.prod, [1, 2, 3.5])
show(math.prod, [])
print(math.prod([2, 3], start=10))
show(math.fsum, [0.1] * 10)
show(math.fsum, [1e100, 1.0, -1e100, 1e-300])
show(math.fsum, [])
show(math.fsum, [math.inf, 1])
show(math.fsum, [math.inf, -math.inf])
show(math.hypot, 3, 4)
show(math.hypot, 1, 1)
show(math.hypot, 0.3, 0.7)
show(math.hypot)
show(math.hypot, 1, 2, 3)
show(math.hypot, math.nan, math.inf)
show(math.hypot, 1e-320, 1e-320)
show(math.dist, (1, 2), (4, 6))
show(math.dist, (0.1, 0.2, 0.3), (0.4, 0.5, 0.9))
show(math.dist, (1, 2), (1,))
for x, y in [(5, 3), (7, 4), (-7, 4), (6, 4), (2, 4), (5.5, math.inf), (1, 0)]:
    show(math.remainder, x, y)
for x in [0.0, 1.0, -1.0, 0.1, 1e300, 5e-324, math.inf, math.nan]:
    show(math.ulp, x)
    show(math.nextafter, x, math.inf)
    show(math.nextafter, x, -math.inf)
show(math.nextafter, 1.0, 1.0)
show(math.log, 8, 2)
show(math.log, 100, 10)
show(math.log, 0)
show(math.log, -1)
show(math.log10, 10**400)
show(math.log2, 2**4000)
print(round(math.log(10**400), 9))
show(math.log1p, 1e-10)
show(math.isclose, 1.0, 1.0 + 1e-10)
print(math.isclose(1, 1.1, rel_tol=0.2), math.isclose(0, 1e-12, abs_tol=1e-9))
show(math.copysign, 3, -0.0)
show(math.frexp, 10.5)
show(math.ldexp, 0.5, 4)
show(math.modf, 3.25)
show(math.fmod, -7, 3)
show(math.sqrt, -1)
show(math.sqrt, 2)
show(math.floor, -2.5)
show(math.ceil, -2.5)
show(math.trunc, -2.5)
show(math.floor, 7)
show(math.degrees, math.pi)
show(math.radians, 180)
print(math.pi, math.e, math.tau, math.inf, math.nan)
