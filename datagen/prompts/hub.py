"""Rows of a data set on the Hugging Face Hub (or in a local folder of that form), streamed, never downloaded whole.

The only module that imports `datasets`, and only when a recipe names a hub source. Rows come in the data set's own
order; the loading code is tested on a local folder, the Hub itself is not. A block (10,000 rows that `where` keeps) is
read before the first call: give `limit` where a filter keeps few rows of a large set.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datagen.errors import PromptFileError
from datagen.prompts.rows import Row
from datagen.prompts.source import PromptSource

__all__ = ["read_hub"]


def read_hub(source: PromptSource) -> Iterator[Row]:
    """All rows of `source.hub`, in order.

    Raises:
        PromptFileError: the extra is not installed; the data set, configuration, split or columns are not there, or
            the Hub cannot be reached.
    """
    assert source.hub is not None
    try:
        import datasets
        from datasets.exceptions import DatasetNotFoundError, DatasetsError
    except ImportError as exc:
        raise PromptFileError(
            f"reading {source.hub} from the Hub needs the extra hub: pip install 'typhoon-data[hub]'"
        ) from exc
    datasets.utils.logging.set_verbosity(logging.CRITICAL)  # what is wrong is said once, in our sentence
    place = f"{source.hub} ({source.split})"
    try:
        stream: Any = datasets.load_dataset(
            source.hub, name=source.config, split=source.split, revision=source.revision, streaming=True
        )
        for number, row in enumerate(stream, 1):
            yield f"{place}, row {number}", number, row
    except DatasetNotFoundError as exc:
        raise PromptFileError(
            f"there is no data set {source.hub!r} that can be read here; check the id, or sign in (hf auth login) "
            "where it is gated"
        ) from exc
    except OSError as exc:
        raise PromptFileError(
            f"{place} cannot be reached ({_first_line(exc)}); check the network, or download it and give the folder "
            "as hub: ./FOLDER"
        ) from exc
    # `datasets` lets a StopIteration of its own through where a file of the folder is empty.
    except (ValueError, KeyError, TypeError, StopIteration, RuntimeError, DatasetsError) as exc:
        raise PromptFileError(f"{place} cannot be read: {_first_line(exc)}") from exc


def _first_line(exc: BaseException) -> str:
    return (str(exc).splitlines() or [type(exc).__name__])[0].replace(str(Path.home()), "~")[:200]
