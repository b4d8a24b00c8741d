"""Checkpoint or endpoint to scores with intervals: the evaluation harness."""
