"""What the tests of losses share."""

from __future__ import annotations

from tests.small_student import _modest, fresh_model, ragged_examples, relative_error  # noqa: F401 (fixtures)
