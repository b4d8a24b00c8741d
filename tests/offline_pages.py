"""A page in a headless Chromium: what it asks for, and what it complains about. `.ci/run` installs the browser."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

__all__ = ["CHROMIUM", "FLAGS", "NONE", "Opened"]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NONE = "no Chromium to open the page in (Debian: apt-get install chromium)"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


class Opened:
    """A page that was opened, and everything it asked for or complained about."""

    def __init__(self, context: BrowserContext, file: Path) -> None:
        self.page: Page = context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.file = file
        self.page.goto(file.as_uri())

    def ready(self) -> Page:
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    def require_harmless(self) -> None:
        assert self.asked == [self.file.as_uri()]
        assert self.complaints == []
