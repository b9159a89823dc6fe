"""
Difference: a complex power may differ in the last digits.
Cause: it is computed by way of `exp` and `log`, in other steps.
Workaround: use `cmath`, or round the result.
"""

print((-8) ** (1 / 3))
