"""Many runs at once: comparisons, and later sweeps and tournaments."""
