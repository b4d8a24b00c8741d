"""Keys, tokens and passwords in a text, by the shapes their issuers give them, and by the words before them.

Shapes are those that the issuers document. A value that says it is none (your-key-here, EXAMPLE, xxxx, ${KEY}) is
none. Not covered: a password without a word before it, and keys of issuers that are not in the table and stand in no
assignment.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import regex

__all__ = ["find_secrets"]

_SHAPES = {
    "Anthropic key": r"sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{20,}",
    "OpenRouter key": r"sk-or-v1-[0-9a-f]{40,}",
    "OpenAI key": r"sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|sk-(?!ant-|or-)[A-Za-z0-9]{32,}",
    "Hugging Face token": r"(?:hf|api_org)_[A-Za-z0-9]{30,}",
    "GitHub token": r"gh[opsur]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,}",
    "GitLab token": r"gl(?:pat|ptt|rt|dt|cbt)-[A-Za-z0-9_-]{20,}",
    "AWS access key": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
    "Google API key": r"AIza[A-Za-z0-9_-]{35}",
    "Google OAuth secret": r"GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{30,}",
    "Azure storage key": r"(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}={0,2}",
    "Slack token": r"xox[abeoprs]-[A-Za-z0-9-]{15,}|xapp-\d-[A-Za-z0-9-]{20,}",
    "Slack webhook": r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{16,}",
    "Discord webhook": r"discord(?:app)?\.com/api/webhooks/\d{15,}/[A-Za-z0-9_-]{40,}",
    "Telegram bot token": r"(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{33}",
    "LINE channel token": r"[A-Za-z0-9+/]{120,}/1O/w1cDnyilFU=",
    "Stripe key": r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
    "Omise key": r"skey_(?:test_)?[a-z0-9]{19,}",
    "Twilio key": r"SK[0-9a-f]{32}",
    "SendGrid key": r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    "npm token": r"npm_[A-Za-z0-9]{36}",
    "PyPI token": r"pypi-[A-Za-z0-9_-]{60,}",
    "DigitalOcean token": r"do[opr]_v1_[0-9a-f]{64}",
    "Databricks token": r"dapi[0-9a-f]{32}",
    "Groq key": r"gsk_[A-Za-z0-9]{40,}",
    "NVIDIA key": r"nvapi-[A-Za-z0-9_-]{50,}",
    "Replicate token": r"r8_[A-Za-z0-9]{37}",
    "xAI key": r"xai-[A-Za-z0-9]{60,}",
    "Perplexity key": r"pplx-[A-Za-z0-9]{40,}",
    "age key": r"AGE-SECRET-KEY-1[A-Z0-9]{50,}",
    "JSON web token": r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}",
    "private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d",
}
_SHAPE = regex.compile(
    "|".join(rf"(?<![A-Za-z0-9])(?P<k{n}>{shape})" for n, shape in enumerate(_SHAPES.values())), regex.V1
)
_NAMES = tuple(_SHAPES)

_BEARER = regex.compile(
    r"(?i)\b(?:bearer|authorization[\"']?\s*[:=]\s*[\"']?(?:basic|token))\s+([A-Za-z0-9._~+/=-]{16,})"
)
_IN_URL = regex.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\"'<>]{0,80}:([^\s/@\"'<>]{3,100})@[A-Za-z0-9\[]")
_NETRC = regex.compile(r"\bmachine\s+\S+\s+login\s+\S+\s+(?:account\s+\S+\s+)?password\s+(\S+)")
_ASSIGNED = regex.compile(
    r"(?i)(?<![A-Za-z])(?:[a-z0-9]{1,20}[_-]){0,3}"
    r"(?:password|passwd|pwd|passphrase|secret(?:[_-]?(?:access[_-]?)?key)?|token|api[_-]?key|access[_-]?key|auth[_-]?key|"
    r"private[_-]?key|credentials?)[\"']?\s{0,3}(?::=|=>|[:=])\s{0,3}[\"']?(?P<value>[^\s\"'<>{}\[\],;()]{8,200})"
    r"|รหัสผ่าน(?:ของ\p{Thai}{1,12})?\s{0,3}(?:คือ|[:=])?\s{0,3}[\"']?(?P<value>[!-~]{8,64})"
)
_SAYS_IT_IS_NONE = regex.compile(
    r"(?i)example|your|placeholder|changeme|change_me|dummy|sample|redacted|xxxx|<|>|\$\{|\{\{|\.\.\.|…|\*\*\*"
    r"|^(?:password|passwd|pass|pwd|secret|token|user|null|none|true|false|admin|test)\d{0,3}$"
    r"|^(?:os\.|process\.|env\b|self\.|config\.|getenv)|^(.)\1+$|0123456789|1234567890|abcdefghij"
)
_ENTROPY = 2.8  # bits a character: words and names stay below or have no digit, keys of 12 characters lie above


def find_secrets(text: str, *, joined: bool = False) -> Iterator[tuple[str, str]]:
    """Kind and value of each. `joined`: lines were joined, so that only shapes mean anything.

    >>> list(find_secrets("password = hunter2hunter9X!"))
    [('assigned secret', 'hunter2hunter9X!')]
    >>> list(find_secrets("password = your-password-here1"))
    []
    """
    for match in _SHAPE.finditer(text):
        if not _SAYS_IT_IS_NONE.search(match[0]):
            yield _NAMES[int((match.lastgroup or "k0")[1:])], match[0]
    if joined:
        return
    for kind, pattern in (("bearer token", _BEARER), ("password in an address", _IN_URL), (".netrc entry", _NETRC)):
        for match in pattern.finditer(text):
            if not _SAYS_IT_IS_NONE.search(match[1]) and (kind != "bearer token" or _random(match[1])):
                yield kind, match[1]
    for match in _ASSIGNED.finditer(text):
        value = match["value"]
        if not _SAYS_IT_IS_NONE.search(value) and _random(value):
            yield "assigned secret", value


def _random(value: str) -> bool:
    """Letters and digits, and too many different ones for a word."""
    if not (any(c.isdigit() for c in value) and any(c.isalpha() for c in value)):
        return False
    counts = Counter(value)
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return entropy >= min(_ENTROPY, 0.85 * math.log2(len(value)))
