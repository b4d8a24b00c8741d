"""A Hub on loopback, and the official client set up to speak with it."""

from __future__ import annotations

import pytest
from huggingface_hub.utils import close_session

from hub.scripted import ScriptedHub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # the client waits before it tries again
    with ScriptedHub() as server:
        monkeypatch.setenv("HF_TOKEN", server.token)
        yield server
        close_session()
