"""
Difference: `shlex` has `split`, `quote` and `join`, but not the class `shlex`.
Cause: the tokenizer was left out.
Workaround: use `shlex.split`.
"""
import shlex

print(hasattr(shlex, "shlex"))
