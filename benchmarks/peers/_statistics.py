"""What is said of a row of samples."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """Median and spread.

    Attributes:
        median: Of all samples.

        low, high: The first and the third quartile: half of the samples lie between them.

        count: How many there were.
    """

    median: float
    low: float
    high: float
    count: int


def summarize(samples: Sequence[float]) -> Summary:
    """Summarize at least one sample; one alone has no spread."""
    if len(samples) == 1:
        return Summary(samples[0], samples[0], samples[0], 1)
    low, median, high = statistics.quantiles(samples, n=4, method="inclusive")
    return Summary(median, low, high, len(samples))


def ratios(pairs: Sequence[tuple[float, float]]) -> list[float]:
    """Return the ratio of each pair: what disturbed both of a pair cancels out."""
    return [ours / theirs for ours, theirs in pairs]


def geometric_mean(values: Sequence[float]) -> float:
    """Return the mean for ratios: that of ½ and 2 is 1."""
    return math.exp(sum(map(math.log, values)) / len(values))


def same(one: object, other: object) -> bool:
    """Whether two results of the same work agree, rounding of floats apart."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-9)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
