"""What the tests of rollouts share."""

from __future__ import annotations

from tests.small_student import _modest, fresh_model, real_chat, student  # noqa: F401 (fixtures)
from tests.train.conftest import chats_path, recipe_for  # noqa: F401 (fixtures)
