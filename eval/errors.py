"""What can go wrong for a user of the harness, as leaves of the tree in `datagen.errors`."""

from __future__ import annotations

from datagen.errors import UserError

__all__ = ["ResultsError", "TaskDataError", "TaskError"]


class TaskError(UserError):
    """A task that is not known, lacks a judge, or is told something it does not take."""


class TaskDataError(UserError):
    """The data of a task cannot be had: the hub is out of reach, a file is missing or is not what it should be."""


class ResultsError(UserError):
    """A folder of results that is none, or that belongs to another evaluation."""
