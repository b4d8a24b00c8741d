"""API keys: from the environment, else from the system's keyring; in memory only.

A recipe names where a key is (`teacher.key: TYPHOON_KEY`), never the key. `redact` takes keys out of what a
server said before anybody stores or shows it: servers do echo them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

from datagen.errors import EndpointError

__all__ = ["DEFAULT_KEY", "KEYRING_SERVICE", "find_key", "public_words", "redact", "secrets_of"]

DEFAULT_KEY = "OPENAI_API_KEY"
KEYRING_SERVICE = "typhoon-data"
_SHORTEST_SECRET = 6  # `api-version=1` is none


def find_key(name: str | None = None) -> str:
    """The key called `name` (OPENAI_API_KEY without one); "" where the default one is nowhere.

    Raises:
        EndpointError: a key asked for by name is neither in the environment nor in the keyring.
    """
    key = os.environ.get(name or DEFAULT_KEY) or _from_keyring(name or DEFAULT_KEY)
    if not key and name:
        raise EndpointError(
            f"the recipe names the API key {name}: set that environment variable, or store it once with "
            f"`keyring set {KEYRING_SERVICE} {name}` (extra `keyring`)"
        )
    return key.strip()


def _from_keyring(name: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return keyring.get_password(KEYRING_SERVICE, name) or ""
    except KeyringError:  # no desktop session, a locked ring: the environment is the other way
        return ""


def secrets_of(url: str, key: str) -> tuple[str, ...]:
    """What must never be shown of an endpoint: its key, the password in its URL, what stands in the URL's query."""
    parts = urlsplit(url)
    values = [value for _, value in parse_qsl(parts.query) if len(value) >= _SHORTEST_SECRET]
    password = unquote(parts.password or "")
    return tuple(secret for secret in (key, password, parts.password, parts.query, *values) if secret)


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` without the secrets.

    >>> redact("Incorrect API key provided: sk-123.", ["sk-123"])
    'Incorrect API key provided: ***.'
    """
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def public_words(text: str, secrets: Iterable[str]) -> str:
    """The first line of what a server said, short and without secrets."""
    return redact(text, secrets).strip().split("\n")[0][:300]
