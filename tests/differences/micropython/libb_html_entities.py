"""
Difference: `html.unescape` knows the names of HTML 4 and some of HTML 5.
Cause: the two thousand names of HTML 5 would weigh more than the rest of the library.
Workaround: write the character or its number.
"""
import html

print(html.unescape("&Backslash;"))
