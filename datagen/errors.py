"""What can go wrong for a user, as one small tree. The message names the place, the value and the way out.

    UserError                  exit code 2: the command line ends with one sentence, never a traceback
    ├── RecipeError            a recipe file, a key, a value, an override
    ├── PromptFileError        a prompt file or one line in it
    ├── EndpointError          an OpenAI-compatible endpoint: unreachable, refuses, lacks the model
    ├── BudgetError            what the recipe allows in tokens or money is spent; raising it resumes the run
    ├── TeacherError           the embedded teacher: model file, package, port, child process
    ├── OutputError            an output folder: holds something else, cannot be written, disk full
    ├── DatasetError           a dataset given to verify, train or publish
    ├── PublishError           a publication that may not be, or that the Hub or the network refused
    ├── ToolFileError          a file of own tools, one of its definitions, a server of tools that cannot be used
    └── ScenarioError          a scenario of tool use that its own tools do not answer

`assert` stays for our own invariants; third-party errors are wrapped at one boundary with `from exc`.
"""

from __future__ import annotations

__all__ = [
    "BudgetError",
    "DatasetError",
    "EndpointError",
    "OutputError",
    "PromptFileError",
    "PublishError",
    "RecipeError",
    "ScenarioError",
    "TeacherError",
    "ToolFileError",
    "UserError",
]


class UserError(ValueError):
    """Something the user can mend; `str(error)` is one clear sentence."""

    exit_code = 2


class RecipeError(UserError):
    """A recipe, one of its keys or values, or an override on the command line."""


class PromptFileError(UserError):
    """A prompt file that cannot be read, or one malformed line in it."""


class EndpointError(UserError):
    """The endpoint cannot be used: nobody listens, it refuses, or it lacks the model."""


class BudgetError(UserError):
    """The recipe's budget is spent, or a price it needs is missing."""


class TeacherError(UserError):
    """The embedded teacher cannot be found, trusted or started."""


class OutputError(UserError):
    """The output folder cannot be used or written."""


class ToolFileError(UserError):
    """A file of own tools, a definition in it, or a server of tools that cannot be used."""


class DatasetError(UserError):
    """A dataset that is not one, or that is damaged."""


class PublishError(UserError):
    """A publication that is stopped: by a failing row, a leak, a licence, the Hub or the network."""


class ScenarioError(UserError):
    """A scenario of tool use that cannot be solved as it says: a fault of the goal it was made of."""
