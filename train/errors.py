"""What can go wrong for a user of the trainer, as leaves of the tree in `datagen.errors`.

UserError
├── MissingExtraError   torch or its companions are not installed
├── ModelError          a model or tokenizer that cannot be loaded, or that the trainer would get wrong
└── DivergedError       loss or gradient became infinite or NaN
"""

from __future__ import annotations

from datagen.errors import UserError

__all__ = ["DivergedError", "MissingExtraError", "ModelError"]


class MissingExtraError(UserError):
    """A package of the extra `train` is not installed."""


class ModelError(UserError):
    """A model or tokenizer that cannot be loaded, or that the trainer would silently get wrong."""


class DivergedError(UserError):
    """Loss or gradient is no longer a finite number; the parameters were not touched by that step."""
