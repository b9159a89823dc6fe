"""
Difference: a warning does not know the file and the line that it came from.
Cause: frames of the callers cannot be reached.
Workaround: say the place in the message, or raise.
"""
import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    warnings.warn("x")
print(caught[0].lineno)
