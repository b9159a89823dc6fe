r"""
Difference: `\N{...}` is refused in a pattern.
Cause: there is no table of the names of characters in the sandbox.
Workaround: write the code point, as in "\u2022".
"""
import re

try:
    print(re.match(r"\N{BULLET}", "\u2022").span())
except re.error as e:
    print("refused")
