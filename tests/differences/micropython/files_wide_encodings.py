"""
Difference: a file cannot be opened as text in UTF-16 or UTF-32.
Cause: text is read by lines of bytes, which those encodings do not have.
Workaround: `open(path, "rb").read().decode("utf-16")`.
"""
import os
import tempfile

try:
    with open(os.path.join(tempfile.mkdtemp(), "a"), "w", encoding="utf-16") as f:
        print(f.write("text"))
except LookupError as error:
    print(type(error).__name__)
