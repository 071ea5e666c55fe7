"""Many runs at once: comparisons, sweeps, tournaments, ablations and claims, each a design whose runs can be kept."""
