"""statistics: the values CPython gives, their types, and errors."""

import statistics as st
from fractions import Fraction as F

sets = [[1, 2, 3, 4], [1, 2, 4], [0.1, 0.2, 0.3], [1.5, 2.5, 2.5, 2.75, 3.25, 4.75], [1, 2.5], [3], [2, 2, 2],
        [F(1, 3), F(1, 2)], [1e16, 1.0, -1e16, 3.3], [True, True], [10**20, 10**20 + 1],
        [0.1] * 7 + [1e-9], list(range(1, 100)), [2.75, 1.75, 1.25, 0.25, 0.5, 1.25, 3.5]]
for data in sets:
    for name in ["mean", "fmean", "median", "median_low", "median_high", "mode", "multimode", "pvariance", "variance",
                 "harmonic_mean"]:
        try:
            print(name, repr(getattr(st, name)(data)))
        except Exception as e:
            print(name, type(e).__name__, e)
    for name in ["stdev", "pstdev", "geometric_mean", "median_grouped"]:
        try:
            print(name, "%.13g" % getattr(st, name)(data))
        except Exception as e:
            print(name, type(e).__name__)
print(st.mean(iter([1, 2, 3])), st.median(iter([3, 1, 2])), st.mode("aabbb"), st.multimode("aabbc"), st.mode(["x"]))
print(st.harmonic_mean([40, 60]), st.pvariance([1, 2, 3], mu=2))
print(st.quantiles(range(1, 11)), st.quantiles([1, 5, 9, 2], n=10), st.quantiles([1, 2, 3], method="inclusive"))
x, y = [1, 2, 3, 4, 5], [2.1, 3.9, 6.2, 7.8, 10.1]
print(round(st.correlation(x, y), 12), round(st.covariance(x, y), 12))
r = st.linear_regression(x, y)
print(round(r.slope, 12), round(r.intercept, 12), len(r))
d = st.NormalDist(100, 15)
print(d, d.mean, d.stdev, d.variance, round(d.cdf(115), 12), round(d.pdf(100), 12), round(d.inv_cdf(0.95), 9))
print(d + 5, d * 2, d == st.NormalDist(100, 15), d.zscore(130), [round(q, 8) for q in d.quantiles()])
print(st.NormalDist(1, 2) + st.NormalDist(2, 3).__neg__(), st.NormalDist.from_samples([1, 2, 3]))
for f in [lambda: st.mean([]), lambda: st.median([]), lambda: st.mode([]), lambda: st.stdev([1]), lambda: st.variance([]),
          lambda: st.mean(["a"]), lambda: st.correlation([1, 1], [1, 2]),
          lambda: st.harmonic_mean([-1, 2]), lambda: st.NormalDist(0, -1)]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
print(issubclass(st.StatisticsError, ValueError), st.mean([float("inf"), 1]), st.mean([float("nan")]))
