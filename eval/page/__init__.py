"""Runs compared on one HTML page that needs nothing else: scores with intervals, differences, single items.

    runs.py        folders of results as runs A, B, C
    figures.py     what stands on the page in numbers, as plain data
    sub_scores.py  a task told by groups and by kinds of instruction
    plots.py       scores and differences with their intervals, as inline SVG
    items.py       items with prompts and answers, packed small; those first where runs disagree
    document.py    all of it as HTML; parts/ holds template, style and scripts beside those of datagen.offline_page

A function of the results alone: the same folders give the same bytes. It marks nothing and asks nobody.
"""

from eval.page.document import render_page, write_page

__all__ = ["render_page", "write_page"]
