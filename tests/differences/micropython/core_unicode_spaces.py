"""
Difference: split and strip know only the ASCII spaces.
Cause: They work on bytes of UTF-8.
Workaround: Replace other spaces first.
"""
print("a\u00a0b".split())
