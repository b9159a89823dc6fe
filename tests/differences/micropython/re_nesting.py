"""
Difference: a pattern may nest at most 200 groups.
Cause: the compiler recurses once for every group, and the guest's stack is small.
Workaround: none needed for patterns that people write.
"""
import re

try:
    print(re.compile("(" * 250 + ")" * 250).groups)
except RuntimeError:
    print("refused")
