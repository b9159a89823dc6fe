"""Figures of this library; ``python -m benchmarks`` prints them."""
