"""Objectives as sums over tokens, pure functions of hidden states, heads and targets.

Dividing them is the business of `train.normaliser` alone.
"""

IGNORED = -100  # a target that is not in the loss; torch's own convention
