"""Polite Thai: the last reply ends with ครับ or ค่ะ, one speaker throughout, no letters of a foreign script.

A particle may be followed by marks and pictures; list items after the polite sentence do not count against it.
Conversations in English are asked for their language only.
"""

from __future__ import annotations

import re

import regex

from constraints import foreign_letters, script_shares
from datagen.proof.played import MAX_REPLY, Played
from datagen.proof.reasons import Finding
from datagen.proof.replay import Replay
from datagen.scenarios.scenario import Scenario

__all__ = ["manners"]

_FEWEST_THAI = 0.4
_NOT_A_PARTICLE = r"(?<!โย|รา|โภ|มรร|วิรา|แ|เ)"
_POLITE_END = regex.compile(rf"(?:ครับ(?:ผม|ๆ| ๆ)?|ค่ะ|{_NOT_A_PARTICLE}คะ|ขอรับ)(?: ?\([^()\n]*\))?[^\p{{L}}\p{{M}}\p{{N}}]*\Z")
_HOME = re.compile("[\u0e00-\u0e7f\\x00-\u024f]*")
_ALL_THAI = re.compile("[\u0e00-\u0e7f\\s!-@]*")
_THAI = re.compile("[ก-ฮ]")
_LIST_LINE = regex.compile(r"\s*(?:[-*•–]|\d{1,2}[.)]|[๐-๙]{1,2}[.)])")
_MALE = regex.compile(r"ครับ|(?<![\p{Thai}])(?:กระ)?ผม(?=ขอ|จะ|ได้|ไม่|ตรวจ|ค้น|พบ|ยินดี|เช็ก|เช็ค)")
_FEMALE = regex.compile(rf"ค่ะ|{_NOT_A_PARTICLE}คะ(?!\p{{Thai}})|ดิฉัน")


def manners(scenario: Scenario, played: Played, replayed: Replay) -> Finding | None:
    """The first thing amiss in how the assistant speaks."""
    replies = [turn.reply[:MAX_REPLY] for turn in played.turns if turn.reply is not None]
    spoken = replies + [text[:MAX_REPLY] for turn in played.turns for text in turn.asides]
    said = "\n".join(spoken)
    if not _HOME.fullmatch(said) and foreign_letters(said, ""):
        heard = [turn.user for turn in scenario.turns] + [seen.content for seen in replayed.observations]
        if leaked := foreign_letters(said, "".join(heard)):
            return Finding("foreign_letters", f"{leaked[:20]!r} stands in a reply")
    script, fewest = ("Thai", _FEWEST_THAI) if scenario.lang == "th" else ("Latin", 0.5)
    for text in spoken:
        if script == "Thai" and _ALL_THAI.fullmatch(text) and _THAI.search(text):
            continue  # most replies: nothing to count
        shares = script_shares(text)
        if shares and shares.get(script, 0.0) < fewest:
            return Finding("wrong_language", f"{shares.get(script, 0.0):.0%} of the letters of {text[:60]!r} are {script}")
    if scenario.lang != "th" or not replies:
        return None
    if not _ends_politely(replies[-1]):
        return Finding("not_polite", f"the last reply ends in {replies[-1].rstrip()[-40:]!r}")
    male, female = _MALE.search(said), _FEMALE.search(said)
    if male and female:
        return Finding("mixed_gender", f"both {male[0]!r} and {female[0]!r} are said")
    return None


def _ends_politely(reply: str) -> bool:
    lines = [line for line in reply.strip().split("\n") if line.strip()]
    if lines and _POLITE_END.search(lines[-1]):
        return True
    prose = [line for line in lines if not _LIST_LINE.match(line)]
    listed = bool(lines) and _LIST_LINE.match(lines[-1]) is not None
    return listed and any(_POLITE_END.search(line) for line in prose)
