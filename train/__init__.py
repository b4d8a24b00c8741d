"""Dataset -> checkpoint: a lean trainer whose every objective has one exact token normaliser.

    typhoon-train run recipes/sft.yaml

recipes.training (the recipe) -> models.chat_dataset (chats) -> models.chat_tokens (ids and loss mask) -> batches (who
goes with whom) -> packing (tensors) -> sft, opd, grpo (the loops) -> checkpoint, metrics, export. Needs the extra
`train`.
"""
