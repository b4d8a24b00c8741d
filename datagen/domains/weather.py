"""Weather of Thai provinces: forecast and fine dust. Invented, in keeping with region and season."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.tool import Tool, ToolError
from datagen.tools.words import thai_date
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

# Mean temperature of the year in °C and how wet the rainy months are, roughly by region.
_PROVINCES = {
    "กรุงเทพมหานคร": (29, 0.6),
    "เชียงใหม่": (26, 0.5),
    "เชียงราย": (25, 0.5),
    "ลำปาง": (27, 0.4),
    "พิษณุโลก": (28, 0.5),
    "นครสวรรค์": (29, 0.4),
    "ขอนแก่น": (27, 0.5),
    "นครราชสีมา": (27, 0.5),
    "อุดรธานี": (27, 0.5),
    "อุบลราชธานี": (27, 0.6),
    "ชลบุรี": (28, 0.5),
    "ระยอง": (28, 0.6),
    "กาญจนบุรี": (28, 0.4),
    "หัวหิน": (28, 0.4),
    "สุราษฎร์ธานี": (27, 0.7),
    "ภูเก็ต": (28, 0.7),
    "สงขลา": (28, 0.7),
    "ยะลา": (27, 0.7),
}
_FORECAST_DAYS = 7
_PLACE = {
    "type": "string",
    "description": {"th": "ชื่อจังหวัดหรือเมืองในประเทศไทย เป็นภาษาไทย", "en": "A Thai province or town, in Thai"},
}


def _day(world: World, place: str, day: date) -> dict[str, Any]:
    """The weather of a place on a day."""
    if place not in _PROVINCES:
        raise ToolError("not_found", f"ไม่พบข้อมูลของ {place}")
    mean, wet = _PROVINCES[place]
    rng = world.draw("weather", place, day.isoformat())
    season = {12: -3, 1: -3, 2: -1, 3: 2, 4: 3, 5: 2}.get(day.month, 0)
    chance = (
        round(rng.uniform(0.3, 1.0) * wet * 100) if 5 <= day.month <= 10 else round(rng.uniform(0, 0.4) * wet * 100)
    )
    high = mean + season + rng.randint(2, 6)
    return {
        "place": place,
        "date": day.isoformat(),
        "high_c": high,
        "low_c": high - rng.randint(6, 10),
        "rain_chance_percent": chance,
        "condition": "ฝนตก" if chance > 55 else "มีเมฆบางส่วน" if chance > 25 else "แดดจัด",
    }


def _forecast(world: World, given: Mapping[str, Any]) -> Any:
    day = date.fromisoformat(given["date"])
    if not 0 <= (day - world.now.date()).days < _FORECAST_DAYS:
        raise ToolError("out_of_range", f"พยากรณ์ได้ไม่เกิน {_FORECAST_DAYS} วันนับจากวันนี้")
    return _day(world, given["place"], day)


def _air(world: World, given: Mapping[str, Any]) -> Any:
    _day(world, given["place"], world.now.date())
    value = world.draw("pm25", given["place"], world.now.date().isoformat()).randint(8, 95)
    # Levels of the Thai Pollution Control Department for PM2.5 over 24 hours, in force since 2023.
    level = next(name for limit, name in _LEVELS if value <= limit)
    return {"place": given["place"], "pm25_ug_m3": value, "level": level}


_LEVELS = (
    (15, "ดีมาก"),
    (25, "ดี"),
    (37.5, "ปานกลาง"),
    (75, "เริ่มมีผลกระทบต่อสุขภาพ"),
    (float("inf"), "มีผลกระทบต่อสุขภาพ"),
)

TOOLS = (
    Tool(
        name="get_weather_forecast",
        domain="weather",
        description={
            "th": "พยากรณ์อากาศรายวันของจังหวัดในประเทศไทย ล่วงหน้าไม่เกิน 7 วัน",
            "en": "Daily weather forecast for a Thai province, up to 7 days ahead",
        },
        parameters={
            "type": "object",
            "properties": {
                "place": _PLACE,
                "date": {
                    "type": "string",
                    "pattern": r"^\d{4}-\d{2}-\d{2}$",
                    "description": {"th": "วันที่ ค.ศ. รูปแบบ YYYY-MM-DD", "en": "Date (Common Era), YYYY-MM-DD"},
                },
            },
            "required": ["place", "date"],
            "additionalProperties": False,
        },
        run=_forecast,
    ),
    Tool(
        name="get_air_quality",
        domain="weather",
        description={"th": "ค่าฝุ่น PM2.5 วันนี้ของจังหวัด", "en": "Today's PM2.5 level in a Thai province"},
        parameters={
            "type": "object",
            "properties": {"place": _PLACE},
            "required": ["place"],
            "additionalProperties": False,
        },
        run=_air,
    ),
)


def _draw_forecast(rng: random.Random, world: World) -> Drawn:
    place = rng.choice(sorted(_PROVINCES))
    day = world.now.date() + timedelta(days=rng.randrange(1, _FORECAST_DAYS))
    return Drawn(
        {"place": place, "date": thai_date(day, rng)},
        (ExpectedCall("get_weather_forecast", {"place": place, "date": day.isoformat()}),),
        (State(0, "high_c", "number"), State(0, "rain_chance_percent", "number")),
    )


def _draw_air(rng: random.Random, world: World) -> Drawn:
    place = rng.choice(sorted(_PROVINCES))
    return Drawn(
        {"place": place}, (ExpectedCall("get_air_quality", {"place": place}),), (State(0, "pm25_ug_m3", "number"),)
    )


_ASKS_PLACE = ("จังหวัด", "ที่ไหน", "พื้นที่", "เมือง", "สถานที่")

GOALS = (
    Goal(
        id="weather.forecast",
        draw=_draw_forecast,
        requests=(
            "วันที่ {date} {place} อากาศเป็นยังไง อุณหภูมิสูงสุดกี่องศา โอกาสฝนตกกี่เปอร์เซ็นต์",
            "จะไป{place}วันที่ {date} อยากรู้ว่าร้อนสุดกี่องศาแล้วฝนมีโอกาสตกแค่ไหน",
            "ขอพยากรณ์อากาศ{place} วันที่ {date} เอาอุณหภูมิสูงสุดกับโอกาสฝนตก",
        ),
        without={
            "place": ("วันที่ {date} อากาศเป็นยังไง ร้อนสุดกี่องศา ฝนจะตกไหม",),
            "date": ("จะไปเที่ยว{place} อยากรู้อุณหภูมิสูงสุดกับโอกาสฝนตกของวันที่ไป",),
        },
        supply={"place": ("{place}", "ที่{place}"), "date": ("วันที่ {date}", "ไปวันที่ {date}")},
        asks={"place": _ASKS_PLACE, "date": ("วันไหน", "วันที่", "เมื่อไร", "เมื่อไหร่")},
        topic="พยากรณ์อากาศ",
    ),
    Goal(
        id="weather.air",
        draw=_draw_air,
        requests=("วันนี้ฝุ่น PM2.5 ที่{place}เท่าไร", "ตอนนี้ค่าฝุ่นที่{place}กี่ไมโครกรัม", "อยากรู้ค่า PM2.5 ของ{place}วันนี้"),
        without={"place": ("วันนี้ค่าฝุ่น PM2.5 เท่าไร",)},
        supply={"place": ("{place}", "อยู่{place}")},
        asks={"place": _ASKS_PLACE},
        topic="ค่าฝุ่น",
    ),
)
