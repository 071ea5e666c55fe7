"""How fast the simulator is, and against what: `python -m benchmarks` (or `make bench`) writes docs/performance.md."""
