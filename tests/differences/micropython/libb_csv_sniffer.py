"""
Difference: `csv` has no `Sniffer`.
Cause: guessing a dialect was left out.
Workaround: name the delimiter.
"""
import csv

print(hasattr(csv, "Sniffer"))
