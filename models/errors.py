"""What can go wrong with a model, as leaves of the tree in `datagen.errors`."""

from __future__ import annotations

from datagen.errors import UserError

__all__ = ["MissingExtraError", "ModelError"]


class MissingExtraError(UserError):
    """Torch or one of its companions is not installed."""


class ModelError(UserError):
    """A model or tokenizer that cannot be loaded, or that would silently be used wrongly."""
