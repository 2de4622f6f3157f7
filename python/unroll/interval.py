"""Student's t, for confidence intervals of means."""

import functools
import math


@functools.lru_cache(maxsize=None)
def quantile(degrees, confidence=0.95):
    """t such that a variable of `degrees` (a whole number) degrees of freedom lies in [-t, t] with this probability."""
    low, high = 0.0, 2.0
    while central_probability(high, degrees) < confidence:
        high *= 2
    while high - low > 1e-14 * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if central_probability(middle, degrees) < confidence else (low, middle)
    return (low + high) / 2


def central_probability(t, degrees):
    """P(|T| <= t): Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(degrees))
    cosine, total = math.cos(angle), 0.0
    odd = degrees % 2
    term = cosine if odd else 1.0
    for power in range(odd, degrees - 1, 2):
        total += term
        term *= cosine * cosine * (power + 1) / (power + 2)
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total
