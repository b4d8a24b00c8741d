"""A dataset as one page that needs nothing else: numbers, charts, and a searchable table of its rows.

    figures.py   the dataset in numbers, as plain data
    lengths.py   histograms of prompts and answers
    rows.py      the rows, packed small; every one where they fit, a sample where they do not
    charts.py    numbers as inline SVG
    page.py      all of it as HTML; page/ holds template, style and scripts beside those of offline_page/

The page is a view and no part of the dataset: the manifest does not name it, `verify` does not look at it, and whoever
has the dataset can make it again (`typhoon-data report`). It is a function of the dataset's files and of the record of
cost and speed beside them (.typhoon/, which never leaves the house): two builds of one dataset differ in that one
section, and without it (`--no-spending`) in no byte. No network, no library of charts.
"""

from datagen.report.page import render_report, write_report

__all__ = ["render_report", "write_report"]
