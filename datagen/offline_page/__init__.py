"""What one HTML file needs that needs nothing else: style, script, text of strangers, packed values.

document.py   the head: style and script inline, a policy that lets in nothing else
packing.py    values packed small
visible.py    text of strangers, made harmless to look at
parts/        base.css, text.js, turns.js, inflate.js, theme.js: shared by the pages of datasets and of evaluations
"""

from datagen.offline_page.document import Document, shared_part
from datagen.offline_page.packing import packed
from datagen.offline_page.visible import shown, snippet

__all__ = ["Document", "packed", "shared_part", "shown", "snippet"]
