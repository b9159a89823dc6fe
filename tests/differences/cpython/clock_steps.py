"""
Difference: clocks go in steps of a millisecond.
Cause: a finer clock measures what other code does on the same processor.
Workaround: measure something longer, or many times; `Result.usage` has the time of a run.
"""
import time

print(any(time.time_ns() % 1_000_000 for _ in range(1000)))
