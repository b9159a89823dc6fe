"""
Difference: a `TemporaryDirectory` that is dropped without `cleanup()` or a `with` statement stays.
Cause: classes have no finalisers.
Workaround: use it in a `with` statement.
"""
import os
import tempfile

name = tempfile.TemporaryDirectory().name
print(os.path.exists(name))
