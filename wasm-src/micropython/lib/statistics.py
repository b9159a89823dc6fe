"""CPython's statistics, exact as there: sums are fractions, rounded once."""

from fractions import Fraction
from math import _divide, _ratio, erf, exp, isqrt, log, sqrt, tau


class StatisticsError(ValueError):
    pass


_RANK = {int: 0, bool: 0, Fraction: 1, float: 3}


def _exact(x):
    if isinstance(x, int):
        return int(x), 1
    if isinstance(x, float):
        return _ratio(x) if x - x == 0.0 else (x, None)
    try:
        return x.as_integer_ratio()
    except AttributeError:
        raise TypeError(
            "can't convert type '%s' to numerator/denominator" % type(x).__name__
        )
    except (ValueError, OverflowError):
        return x, None


def _kind(a, b):
    """The type for results of data that has values of both types."""
    if a is b or b is bool and a is int:
        return a
    if a is None or a is int or a is bool:
        return int if b is bool else b
    if b is int or b is bool or a is float and b is Fraction:
        return a
    if a is Fraction and b is float:
        return b
    if issubclass(a, b):
        return a
    if issubclass(b, a):
        return b
    raise TypeError("don't know how to coerce %s and %s" % (a.__name__, b.__name__))


def _sum(data):
    """The type, the exact sum as a pair (d is None if it is not finite), the count."""
    kind = None
    count = 0
    sums = {}
    special = None
    for x in data:
        count += 1
        t = type(x)
        if t is not kind:
            kind = _kind(kind, t)
        n, d = _exact(x)
        if d is None:
            special = n if special is None else special + n
        else:
            sums[d] = sums.get(d, 0) + n
    if special is not None:
        return kind, special, None, count
    n, d = 0, 1
    for d2, n2 in sums.items():
        n, d = n * d2 + n2 * d, d * d2
    if len(sums) > 1:
        total = Fraction(n, d)
        n, d = total.numerator, total.denominator
    return kind or int, n, d, count


def _convert(n, d, kind):
    if d < 0:
        n, d = -n, -d
    if kind is Fraction:
        return Fraction(n, d)
    if kind is float:
        return _divide(n, d)
    if kind is int or kind is bool:
        q, r = divmod(n, d)
        return _divide(n, d) if r else q
    value = Fraction(n, d)  # a Decimal, or a class of the user's
    return kind(value.numerator) / kind(value.denominator)


def _values(data):
    return data if isinstance(data, (list, tuple)) else list(data)


def mean(data):
    kind, n, d, count = _sum(data)
    if not count:
        raise StatisticsError("mean requires at least one data point")
    return n if d is None else _convert(n, d * count, kind)


def fmean(data, weights=None):
    from math import fsum

    data = _values(data)
    if weights is None:
        if not data:
            raise StatisticsError("fmean requires at least one data point")
        return fsum(data) / len(data)
    weights = _values(weights)
    if len(weights) != len(data):
        raise StatisticsError("data and weights must be the same length")
    total = fsum(weights)
    if not total:
        raise StatisticsError("sum of weights must be non-zero")
    return fsum([x * w for x, w in zip(data, weights)]) / total


def geometric_mean(data):
    data = [float(x) for x in data]
    if not data or min(data) < 0.0:
        raise StatisticsError(
            "geometric mean requires a non-empty dataset containing positive numbers"
        )
    if 0.0 in data:
        raise StatisticsError(
            "geometric mean requires a non-empty dataset containing positive numbers"
        )
    return exp(fmean([log(x) for x in data]))


def harmonic_mean(data, weights=None):
    data = _values(data)
    if not data:
        raise StatisticsError("harmonic_mean requires at least one data point")
    if weights is None:
        weights = [1] * len(data)
    else:
        weights = _values(weights)
        if len(weights) != len(data):
            raise StatisticsError("Number of weights does not match data size")
    if any(x < 0 for x in data):
        raise StatisticsError("harmonic mean does not support negative values")
    if any(w < 0 for w in weights):
        raise StatisticsError("harmonic mean does not support negative values")
    if len(data) == 1:
        return data[0]
    if any(x == 0 for x in data):
        return 0
    # CPython adds up quotients of the data's own type.
    kind, n, d, _ = _sum([w / x if w else 0 for w, x in zip(weights, data)])
    _, wn, wd, _ = _sum(weights)
    return _convert(wn * d, wd * n, kind)


def _median_data(data):
    data = sorted(data)
    if not data:
        raise StatisticsError("no median for empty data")
    return data, len(data) // 2


def median(data):
    data, i = _median_data(data)
    return data[i] if len(data) % 2 else (data[i - 1] + data[i]) / 2


def median_low(data):
    data, i = _median_data(data)
    return data[i] if len(data) % 2 else data[i - 1]


def median_high(data):
    data, i = _median_data(data)
    return data[i]


def median_grouped(data, interval=1.0):
    data, i = _median_data(data)
    x = data[i]
    below = sum([1 for v in data if v < x])
    return float(x) - interval / 2 + interval * (len(data) / 2 - below) / data.count(x)


def _counts(data):
    counts = {}
    order = []
    for x in data:
        if x not in counts:
            order.append(x)
        counts[x] = counts.get(x, 0) + 1
    return counts, order


def mode(data):
    counts, order = _counts(data)
    if not order:
        raise StatisticsError("no mode for empty data")
    most = max(counts.values())
    for x in order:
        if counts[x] == most:
            return x


def multimode(data):
    counts, order = _counts(data)
    most = max(counts.values()) if counts else 0
    return [x for x in order if counts[x] == most]


def _squares(data, center):
    """The type, and the sum of the squared deviations as an exact pair."""
    data = _values(data)
    kind, n, d, count = _sum(data)
    if d is None:
        return kind, n - n, None, count
    if center is not None:
        center = _exact(center)
    elif count:
        center = n, d * count
    total = Fraction(0)
    if count:
        cn, cd = center
        sums = {}
        for x in data:
            xn, xd = _exact(x)
            sums[xd] = sums.get(xd, 0) + (xn * cd - cn * xd) ** 2
        for xd, s in sums.items():
            total += Fraction(s, (xd * cd) ** 2)
    return kind, total.numerator, total.denominator, count


def variance(data, xbar=None):
    kind, n, d, count = _squares(data, xbar)
    if count < 2:
        raise StatisticsError("variance requires at least two data points")
    return n if d is None else _convert(n, d * (count - 1), kind)


def pvariance(data, mu=None):
    kind, n, d, count = _squares(data, mu)
    if count < 1:
        raise StatisticsError("pvariance requires at least one data point")
    return n if d is None else _convert(n, d * count, kind)


def _root(n, d):
    """The square root of n / d as a float, rounded once."""
    if not n:
        return 0.0
    # 55 bits or more of the root; a bit for the rest keeps ties from arising.
    shift = 64 - (len(bin(n)) - len(bin(d))) // 2
    if shift >= 0:
        q, r = divmod(n << 2 * shift, d)
    else:
        q, r = divmod(n, d << -2 * shift)
    root = isqrt(q)
    root = root << 1 | (1 if r or root * root != q else 0)
    shift += 1
    return _divide(root, 1 << shift) if shift > 0 else _divide(root << -shift, 1)


def _deviation(kind, n, d):
    if d is None:
        return n
    if kind in (int, bool, float, Fraction):
        return _root(n, d)
    return (kind(n) / kind(d)).sqrt()


def stdev(data, xbar=None):
    kind, n, d, count = _squares(data, xbar)
    if count < 2:
        raise StatisticsError("stdev requires at least two data points")
    return _deviation(kind, n, None if d is None else d * (count - 1))


def pstdev(data, mu=None):
    kind, n, d, count = _squares(data, mu)
    if count < 1:
        raise StatisticsError("pstdev requires at least one data point")
    return _deviation(kind, n, None if d is None else d * count)


def quantiles(data, *, n=4, method="exclusive"):
    if n < 1:
        raise StatisticsError("n must be at least 1")
    data = sorted(data)
    size = len(data)
    if size < 2:
        raise StatisticsError("must have at least two data points")
    if method not in ("inclusive", "exclusive"):
        raise ValueError("Unknown method: %r" % method)
    result = []
    for i in range(1, n):
        if method == "inclusive":
            j, delta = divmod(i * (size - 1), n)
        else:
            j = min(max(i * (size + 1) // n, 1), size - 1)
            delta = i * (size + 1) - j * n
            j -= 1
        result.append((data[j] * (n - delta) + data[j + 1] * delta) / n)
    return result


def _products(x, y, what):
    """The sums of squared deviations of x, of y, and of their products."""
    from math import fsum

    x, y = list(x), list(y)
    n = len(x)
    if len(y) != n:
        raise StatisticsError(what + " requires that both inputs have same number of data points")
    if n < 2:
        raise StatisticsError(what + " requires at least two data points")
    xbar = fsum(x) / n
    ybar = fsum(y) / n
    dx = [a - xbar for a in x]
    dy = [b - ybar for b in y]
    sxx = fsum([a * a for a in dx])
    syy = fsum([b * b for b in dy])
    return xbar, ybar, sxx, syy, fsum([a * b for a, b in zip(dx, dy)]), n


def covariance(x, y):
    _, _, _, _, sxy, n = _products(x, y, "covariance")
    return sxy / (n - 1)


def correlation(x, y, *, method="linear"):
    if method not in ("linear", "ranked"):
        raise ValueError("Unknown method: %r" % method)
    if method == "ranked":
        x, y = _ranks(x), _ranks(y)
    _, _, sxx, syy, sxy, _ = _products(x, y, "correlation")
    if not sxx or not syy:
        raise StatisticsError("at least one of the inputs is constant")
    return sxy / sqrt(sxx * syy)


def _ranks(data):
    data = list(data)
    ordered = sorted(data)
    return [
        ordered.index(x) + (ordered.count(x) + 1) / 2 for x in data
    ]


class LinearRegression(tuple):
    slope = property(lambda self: self[0])
    intercept = property(lambda self: self[1])

    def __repr__(self):
        return "LinearRegression(slope=%r, intercept=%r)" % tuple(self)

    __str__ = __repr__


def linear_regression(x, y, *, proportional=False):
    from math import fsum

    x, y = list(x), list(y)
    xbar, ybar, sxx, _, sxy, _ = _products(x, y, "linear regression")
    if proportional:
        sxx = fsum([a * a for a in x])
        sxy = fsum([a * b for a, b in zip(x, y)])
    if not sxx:
        raise StatisticsError("x is constant")
    slope = sxy / sxx
    return LinearRegression((slope, 0.0 if proportional else ybar - slope * xbar))


class NormalDist:
    def __init__(self, mu=0.0, sigma=1.0):
        if sigma < 0.0:
            raise StatisticsError("sigma must be non-negative")
        self._mu = float(mu)
        self._sigma = float(sigma)

    @classmethod
    def from_samples(cls, data):
        data = _values(data)
        return cls(fmean(data), stdev(data))

    mean = median = mode = property(lambda self: self._mu)
    stdev = property(lambda self: self._sigma)
    variance = property(lambda self: self._sigma * self._sigma)

    def _positive(self, what):
        if not self._sigma:
            raise StatisticsError(what + "() not defined when sigma is zero")

    def samples(self, n, *, seed=None):
        import random

        rng = random if seed is None else random.Random(seed)
        return [self.inv_cdf(rng.random()) for _ in range(n)]

    def pdf(self, x):
        self._positive("pdf")
        v = self._sigma * self._sigma
        d = x - self._mu
        return exp(d * d / (-2.0 * v)) / sqrt(tau * v)

    def cdf(self, x):
        self._positive("cdf")
        return 0.5 * (1.0 + erf((x - self._mu) / (self._sigma * sqrt(2.0))))

    def inv_cdf(self, p):
        if p <= 0.0 or p >= 1.0:
            raise StatisticsError("p must be in the range 0.0 < p < 1.0")
        # Bisect, then polish: cdf rises, and its slope is pdf.
        unit = NormalDist()
        lo, hi = -40.0, 40.0
        for _ in range(40):
            mid = (lo + hi) / 2
            if unit.cdf(mid) < p:
                lo = mid
            else:
                hi = mid
        z = (lo + hi) / 2
        for _ in range(2):
            slope = unit.pdf(z)
            if slope:
                z -= (unit.cdf(z) - p) / slope
        return self._mu + z * self._sigma

    def quantiles(self, n=4):
        return [self.inv_cdf(i / n) for i in range(1, n)]

    def zscore(self, x):
        self._positive("zscore")
        return (x - self._mu) / self._sigma

    def __add__(self, other):
        if isinstance(other, NormalDist):
            return NormalDist(self._mu + other._mu, sqrt(self.variance + other.variance))
        return NormalDist(self._mu + other, self._sigma)

    __radd__ = __add__

    def __sub__(self, other):
        if isinstance(other, NormalDist):
            return NormalDist(self._mu - other._mu, sqrt(self.variance + other.variance))
        return NormalDist(self._mu - other, self._sigma)

    def __mul__(self, other):
        return NormalDist(self._mu * other, self._sigma * abs(other))

    __rmul__ = __mul__

    def __truediv__(self, other):
        return NormalDist(self._mu / other, self._sigma / abs(other))

    def __neg__(self):
        return NormalDist(-self._mu, self._sigma)

    def __eq__(self, other):
        if not isinstance(other, NormalDist):
            return NotImplemented
        return self._mu == other._mu and self._sigma == other._sigma

    def __hash__(self):
        return hash((self._mu, self._sigma))

    def __repr__(self):
        return "NormalDist(mu=%r, sigma=%r)" % (self._mu, self._sigma)
