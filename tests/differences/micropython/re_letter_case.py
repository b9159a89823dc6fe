"""
Difference: `re.IGNORECASE` knows the letter case of Latin, Greek, Cyrillic and Armenian only, and no special pairs.
Cause: the full tables of Unicode would be larger than the engine.
Workaround: list both letters in a set, as in "[\u00df\u1e9e]".
"""
import re

print(re.match("\u00df", "\u1e9e", re.IGNORECASE) is not None, re.match("\u10a0", "\u2d00", re.IGNORECASE) is not None)
