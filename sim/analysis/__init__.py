"""What results mean: measures and statistics. Everything here works on saved results, without the simulation."""
