"""
Difference: the flags of `re` are plain integers and print as such.
Cause: an enumeration would have to be built at every import of `re`.
Workaround: compare and combine the flags as usual; do not print them.
"""
import re

print(re.IGNORECASE)
