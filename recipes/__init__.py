"""Shipped recipes: one YAML file a run, found by name (`typhoon-train run sft`) or by path."""
