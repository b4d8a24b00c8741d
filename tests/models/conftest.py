"""What the tests of models share."""

from __future__ import annotations

from tests.small_student import _modest, fresh_model, real_chat, student  # noqa: F401 (fixtures)
