"""Dataset -> checkpoint: a lean trainer whose every objective has one exact token normaliser.

    typhoon-train run recipes/sft.yaml

config (the recipe) -> data (chats) -> chat_tokens (ids and loss mask) -> batches (who goes with whom)
-> packing (tensors) -> sft (the loop) -> checkpoint, metrics, export. Needs the extra `train`.
"""
