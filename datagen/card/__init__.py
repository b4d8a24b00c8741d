"""What a stranger reads first of a dataset: its card (README.md) and its Croissant metadata (croissant.json).

Every number comes from the manifest and every example from the rows, so both can be written again at any time, and
`recount.py` (part of `verify`) counts the manifest's numbers again from the rows.
"""

from datagen.card.documents import documented, write_card
from datagen.card.render import render_card

__all__ = ["documented", "render_card", "write_card"]
