"""A small dictionary: Thai and English, meanings, classifiers, synonyms. Its words stand in _words_known.py."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from datagen.domains._forgotten import forgettable
from datagen.domains._words_known import BY_ENGLISH, BY_THAI, WORDS, Word
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.schema import arguments, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]


def _thai(word: str) -> Word:
    if word not in BY_THAI:
        raise ToolError("not_found", f"ไม่พบคำว่า “{word}” ในพจนานุกรม")
    return BY_THAI[word]


def _to_english(world: World, given: Mapping[str, Any]) -> Any:
    return {"thai": given["word"], "english": _thai(given["word"]).english}


def _to_thai(world: World, given: Mapping[str, Any]) -> Any:
    word = BY_ENGLISH.get(given["word"].strip().lower())
    if word is None:
        raise ToolError("not_found", f"ไม่พบคำว่า “{given['word']}” ในพจนานุกรม")
    return {"english": word.english, "thai": word.thai}


def _define(world: World, given: Mapping[str, Any]) -> Any:
    word = _thai(given["word"])
    return {"word": word.thai, "part_of_speech": word.kind, "meaning": word.meaning}


def _classifier(world: World, given: Mapping[str, Any]) -> Any:
    word = _thai(given["noun"])
    if not word.classifier:
        raise ToolError("no_classifier", f"ไม่มีลักษณนามของ “{word.thai}” ในพจนานุกรม")
    return {"noun": word.thai, "classifier": word.classifier}


def _synonyms(world: World, given: Mapping[str, Any]) -> Any:
    word = _thai(given["word"])
    if not word.synonyms:
        raise ToolError("no_synonyms", f"ไม่มีคำพ้องความหมายของ “{word.thai}” ในพจนานุกรม")
    return {"word": word.thai, "synonyms": list(word.synonyms)}


_THAI_WORD = text("คำภาษาไทย", "A Thai word", longest=40)

TOOLS = (
    Tool(
        name="translate_to_english",
        domain="dictionary",
        description={"th": "แปลคำไทยหนึ่งคำเป็นภาษาอังกฤษ", "en": "Translate one Thai word into English"},
        parameters=arguments(word=_THAI_WORD),
        run=_to_english,
    ),
    Tool(
        name="translate_to_thai",
        domain="dictionary",
        description={"th": "แปลคำภาษาอังกฤษหนึ่งคำเป็นภาษาไทย", "en": "Translate one English word into Thai"},
        parameters=arguments(word=text("คำภาษาอังกฤษ", "An English word", pattern=r"^[A-Za-z][A-Za-z' -]{0,39}$")),
        run=_to_thai,
    ),
    Tool(
        name="define_thai_word",
        domain="dictionary",
        description={"th": "ชนิดและความหมายของคำไทย", "en": "Part of speech and meaning of a Thai word"},
        parameters=arguments(word=_THAI_WORD),
        run=_define,
    ),
    Tool(
        name="get_classifier",
        domain="dictionary",
        description={"th": "ลักษณนามของคำนามไทย", "en": "The classifier that a Thai noun is counted with"},
        parameters=arguments(noun=text("คำนามภาษาไทย", "A Thai noun", longest=40)),
        run=_classifier,
    ),
    Tool(
        name="find_synonyms",
        domain="dictionary",
        description={"th": "คำพ้องความหมาย (คำไวพจน์) ของคำไทย", "en": "Synonyms of a Thai word"},
        parameters=arguments(word=_THAI_WORD),
        run=_synonyms,
    ),
)

_UNKNOWN = ("กระดิ่งลม", "สะพานลอย", "ตะเกียง", "ผักบุ้ง", "ปฏิทิน", "ลูกอม", "จิ้งหรีด", "กระติกน้ำ")
_UNKNOWN_ENGLISH = ("lantern", "cricket", "calendar", "candy", "bridge", "waterfall")
_COUNTED = tuple(word for word in WORDS if word.classifier)
_WITH_SYNONYMS = tuple(word for word in WORDS if word.synonyms)


def _asking(
    tool: str, parameter: str, words: tuple[str, ...], state: str = "", error: str = ""
) -> Callable[[random.Random, World], Drawn]:
    """Draws a word for the tool; the answer must state that value of the result, or the call ends with the error."""

    def draw(rng: random.Random, world: World) -> Drawn:
        word = rng.choice(words)
        return Drawn(
            {"word": word}, (ExpectedCall(tool, {parameter: word}, error=error),), (State(0, state),) if state else ()
        )

    return draw


def _draw_synonyms(rng: random.Random, world: World) -> Drawn:
    word = rng.choice(_WITH_SYNONYMS)
    states = tuple(State(0, f"synonyms.{number}") for number in range(len(word.synonyms)))
    return Drawn({"word": word.thai}, (ExpectedCall("find_synonyms", {"word": word.thai}),), states)


def _draw_thai_and_classifier(rng: random.Random, world: World) -> Drawn:
    english = rng.choice(_COUNTED).english
    calls = (
        ExpectedCall("translate_to_thai", {"word": english}),
        ExpectedCall("get_classifier", {"noun": {"$from": [0, "thai"]}}),
    )
    return Drawn({"word": english}, calls, (State(0, "thai"), State(1, "classifier")))


_SLOTS = {
    "word": (("คำว่า {word}", "คำว่า “{word}”"), ("คำว่า", "คำไหน", "คำใด", "คำอะไร", "คำศัพท์", "คำนาม", "คำที่", "อะไร"))
}
_ENGLISH = (
    "คำว่า “{word}” ภาษาอังกฤษคืออะไร",
    "{word} แปลเป็นภาษาอังกฤษว่าอะไร",
    "อยากรู้ว่า {word} ภาษาอังกฤษเขียนยังไง",
    "ขอคำแปลภาษาอังกฤษของคำว่า “{word}”",
)
_CLASSIFIERS = (
    "ลักษณนามของ “{word}” คืออะไร",
    "{word} ใช้ลักษณนามว่าอะไร",
    "ลูกถามการบ้านว่า {word} มีลักษณนามว่าอะไร",
    "ขอทราบลักษณนามของคำว่า “{word}”",
)
_THAI = (
    "{word} ภาษาไทยแปลว่าอะไร",
    "คำว่า “{word}” ในภาษาไทยคือคำว่าอะไร",
    "เจอคำว่า {word} ในหนังสือ แปลเป็นไทยว่าอะไร",
    "ขอคำแปลภาษาไทยของคำว่า “{word}”",
)

GOALS = (
    Goal(
        id="dictionary.to_english",
        draw=_asking("translate_to_english", "word", tuple(BY_THAI), "english"),
        requests=_ENGLISH,
        topic="คำศัพท์ภาษาอังกฤษ",
        **forgettable(_SLOTS, {"word": ("ช่วยแปลคำไทยคำหนึ่งเป็นภาษาอังกฤษให้หน่อย",)}),
    ),
    Goal(
        id="dictionary.to_english_unknown",
        draw=_asking("translate_to_english", "word", _UNKNOWN, error="not_found"),
        requests=_ENGLISH,
        topic="คำศัพท์ภาษาอังกฤษ",
        fails="not_found",
    ),
    Goal(
        id="dictionary.to_thai",
        draw=_asking("translate_to_thai", "word", tuple(BY_ENGLISH), "thai"),
        requests=_THAI,
        topic="คำแปลภาษาไทย",
        **forgettable(_SLOTS, {"word": ("ช่วยแปลศัพท์ภาษาอังกฤษคำหนึ่งเป็นไทยให้หน่อย",)}),
    ),
    Goal(
        id="dictionary.to_thai_unknown",
        draw=_asking("translate_to_thai", "word", _UNKNOWN_ENGLISH, error="not_found"),
        requests=_THAI,
        topic="คำแปลภาษาไทย",
        fails="not_found",
    ),
    Goal(
        id="dictionary.meaning",
        draw=_asking("define_thai_word", "word", tuple(BY_THAI), "meaning"),
        requests=(
            "คำว่า “{word}” หมายความว่าอะไรตามพจนานุกรม",
            "เปิดพจนานุกรมให้หน่อย {word} แปลว่าอะไร",
            "ความหมายของ {word} ในพจนานุกรม",
            "ขอทราบความหมายของคำว่า “{word}” ตามพจนานุกรมไทย",
        ),
        topic="ความหมายของคำ",
        **forgettable(_SLOTS, {"word": ("เปิดพจนานุกรมไทยหาความหมายให้คำหนึ่งหน่อย",)}),
    ),
    Goal(
        id="dictionary.classifier",
        draw=_asking("get_classifier", "noun", tuple(word.thai for word in _COUNTED), "classifier"),
        requests=_CLASSIFIERS,
        topic="ลักษณนาม",
        **forgettable(_SLOTS, {"word": ("อยากรู้ลักษณนามของคำนามคำหนึ่ง ช่วยหาให้หน่อย",)}),
    ),
    Goal(
        id="dictionary.classifier_unknown",
        draw=_asking("get_classifier", "noun", _UNKNOWN, error="not_found"),
        requests=_CLASSIFIERS,
        topic="ลักษณนาม",
        fails="not_found",
    ),
    Goal(
        id="dictionary.synonyms",
        draw=_draw_synonyms,
        requests=(
            "คำพ้องความหมายของ “{word}” มีคำว่าอะไรบ้าง",
            "มีคำอื่นที่ความหมายเหมือน {word} ไหม",
            "คำไวพจน์ของ {word}",
            "แต่งกลอนอยู่ ขอคำที่ความหมายเดียวกับ “{word}” หน่อย",
        ),
        topic="คำพ้องความหมาย",
        **forgettable(_SLOTS, {"word": ("แต่งกลอนอยู่ ช่วยหาคำพ้องความหมายให้คำหนึ่งหน่อย",)}),
    ),
    Goal(
        id="dictionary.thai_and_classifier",
        draw=_draw_thai_and_classifier,
        requests=(
            "{word} ภาษาไทยเรียกว่าอะไร แล้วใช้ลักษณนามอะไร",
            "คำว่า “{word}” แปลเป็นไทยว่าอะไร และคำไทยคำนั้นมีลักษณนามว่าอะไร",
            "สอนเพื่อนฝรั่งอยู่ ช่วยแปล {word} เป็นไทย แล้วหาลักษณนามของคำไทยให้ด้วย",
            "ขอคำแปลภาษาไทยของ “{word}” พร้อมลักษณนามของคำไทยนั้น",
        ),
        topic="คำแปลและลักษณนาม",
        **forgettable(_SLOTS, {"word": ("ช่วยแปลศัพท์อังกฤษคำหนึ่งเป็นไทย แล้วหาลักษณนามของคำไทยให้ด้วย",)}),
    ),
)
