"""Shipped recipes: one YAML file a run, found by name (`typhoon-train run sft`) or by path.

`recipes.training` is what a training recipe may say, `recipes.stages` reads one. No torch.
"""
