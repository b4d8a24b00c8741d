"""What can go wrong for a user of the trainer, as leaves of the tree in `datagen.errors`."""

from __future__ import annotations

from datagen.errors import UserError

__all__ = ["DivergedError"]


class DivergedError(UserError):
    """Loss or gradient is no longer a finite number; the parameters were not touched by that step."""
