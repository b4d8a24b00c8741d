"""Whoever samples from a policy: engines (prompt ids in, sampled ids and log-probabilities out), and trajectories."""
