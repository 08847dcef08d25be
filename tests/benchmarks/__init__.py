"""Speed and memory against their bounds: `make bench`, or `python -m tests.benchmarks`.

All figures are ratios within one run, so that they hold on any machine; only memory is absolute.
"""
