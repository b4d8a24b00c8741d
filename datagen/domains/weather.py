"""Weather of Thai provinces: forecast, outlook, fine dust, and when the sun rises and sets.

Forecasts and dust are invented, in keeping with region and season. The sun's times are worked out for the place and the
day (NOAA's short solar equations, good to about two minutes).
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.schema import arguments, day, iso_day, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.words import thai_date
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

# Mean temperature of the year in °C, how wet the rainy months are (roughly by region), latitude, longitude.
_PROVINCES = {
    "กรุงเทพมหานคร": (29, 0.6, 13.75, 100.50),
    "เชียงใหม่": (26, 0.5, 18.79, 98.98),
    "เชียงราย": (25, 0.5, 19.91, 99.83),
    "ลำปาง": (27, 0.4, 18.29, 99.49),
    "พิษณุโลก": (28, 0.5, 16.82, 100.27),
    "นครสวรรค์": (29, 0.4, 15.70, 100.14),
    "ขอนแก่น": (27, 0.5, 16.44, 102.83),
    "นครราชสีมา": (27, 0.5, 14.97, 102.10),
    "อุดรธานี": (27, 0.5, 17.41, 102.79),
    "อุบลราชธานี": (27, 0.6, 15.24, 104.85),
    "ชลบุรี": (28, 0.5, 13.36, 100.98),
    "ระยอง": (28, 0.6, 12.68, 101.28),
    "กาญจนบุรี": (28, 0.4, 14.02, 99.53),
    "หัวหิน": (28, 0.4, 12.57, 99.96),
    "สุราษฎร์ธานี": (27, 0.7, 9.14, 99.33),
    "ภูเก็ต": (28, 0.7, 7.88, 98.39),
    "สงขลา": (28, 0.7, 7.20, 100.60),
    "ยะลา": (27, 0.7, 6.54, 101.28),
}
_FORECAST_DAYS = 7
# Real places that the service does not cover.
_NOT_COVERED = ("ปาย", "เบตง", "แม่สอด", "เชียงคาน", "เกาะเต่า", "อัมพวา", "สังขละบุรี", "เขาค้อ")
_PLACE = text("ชื่อจังหวัดหรือเมืองในประเทศไทย เป็นภาษาไทย", "A Thai province or town, in Thai")


def _known(place: str) -> tuple[float, float, float, float]:
    if place not in _PROVINCES:
        raise ToolError("not_found", f"ไม่พบข้อมูลของ {place}")
    return _PROVINCES[place]


def _day(world: World, place: str, on: date) -> dict[str, Any]:
    """The weather of a place on a day."""
    mean, wet, _, _ = _known(place)
    rng = world.draw("weather", place, on.isoformat())
    season = {12: -3, 1: -3, 2: -1, 3: 2, 4: 3, 5: 2}.get(on.month, 0)
    chance = round(rng.uniform(0.3, 1.0) * wet * 100) if 5 <= on.month <= 10 else round(rng.uniform(0, 0.4) * wet * 100)
    high = mean + season + rng.randint(2, 6)
    return {
        "place": place,
        "date": on.isoformat(),
        "high_c": high,
        "low_c": high - rng.randint(6, 10),
        "rain_chance_percent": chance,
        "condition": "ฝนตก" if chance > 55 else "มีเมฆบางส่วน" if chance > 25 else "แดดจัด",
    }


def _forecast(world: World, given: Mapping[str, Any]) -> Any:
    on = iso_day(given["date"])
    if not 0 <= (on - world.now.date()).days < _FORECAST_DAYS:
        raise ToolError("out_of_range", f"พยากรณ์ได้ไม่เกิน {_FORECAST_DAYS} วันนับจากวันนี้")
    return _day(world, given["place"], on)


def _outlook(world: World, given: Mapping[str, Any]) -> Any:
    coming = (_day(world, given["place"], on) for on in _coming_days(world))
    return {"days": [{key: each[key] for key in ("date", "rain_chance_percent")} for each in coming]}


def _coming_days(world: World) -> list[date]:
    return [world.now.date() + timedelta(days=ahead) for ahead in range(_FORECAST_DAYS)]


def _air(world: World, given: Mapping[str, Any]) -> Any:
    _known(given["place"])
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


def _sun(world: World, given: Mapping[str, Any]) -> Any:
    on = iso_day(given["date"])
    _, _, latitude, longitude = _known(given["place"])
    rises, sets = sun_times(on, latitude, longitude)
    return {"place": given["place"], "date": given["date"], "sunrise": rises, "sunset": sets}


def sun_times(on: date, latitude: float, longitude: float) -> tuple[str, str]:
    """Sunrise and sunset in Thai time, by NOAA's equations from the fraction of the year (spherical sun, 90.833°)."""
    angle = 2 * math.pi / 365 * (on.timetuple().tm_yday - 1)
    equation_of_time_min = 229.18 * (
        0.000075
        + 0.001868 * math.cos(angle)
        - 0.032077 * math.sin(angle)
        - 0.014615 * math.cos(2 * angle)
        - 0.040849 * math.sin(2 * angle)
    )
    declination = (
        0.006918
        - 0.399912 * math.cos(angle)
        + 0.070257 * math.sin(angle)
        - 0.006758 * math.cos(2 * angle)
        + 0.000907 * math.sin(2 * angle)
        - 0.002697 * math.cos(3 * angle)
        + 0.00148 * math.sin(3 * angle)
    )
    north = math.radians(latitude)
    cosine = math.cos(math.radians(90.833)) / (math.cos(north) * math.cos(declination))
    half_day_deg = math.degrees(math.acos(cosine - math.tan(north) * math.tan(declination)))
    noon_min = 720 - 4 * longitude - equation_of_time_min + 7 * 60
    rises, sets = (round(noon_min + sign * 4 * half_day_deg) for sign in (-1, 1))
    return f"{rises // 60:02}:{rises % 60:02}", f"{sets // 60:02}:{sets % 60:02}"


TOOLS = (
    Tool(
        name="get_weather_forecast",
        domain="weather",
        description={
            "th": "พยากรณ์อากาศรายวันของจังหวัดในประเทศไทย ล่วงหน้าไม่เกิน 7 วัน",
            "en": "Daily weather forecast for a Thai province, up to 7 days ahead",
        },
        parameters=arguments(place=_PLACE, date=day("วันที่", "Date")),
        run=_forecast,
    ),
    Tool(
        name="get_rain_outlook",
        domain="weather",
        description={
            "th": "โอกาสฝนตกของแต่ละวันใน 7 วันนับจากวันนี้",
            "en": "Chance of rain for each of the 7 days from today",
        },
        parameters=arguments(place=_PLACE),
        run=_outlook,
    ),
    Tool(
        name="get_air_quality",
        domain="weather",
        description={"th": "ค่าฝุ่น PM2.5 วันนี้ของจังหวัด", "en": "Today's PM2.5 level in a Thai province"},
        parameters=arguments(place=_PLACE),
        run=_air,
    ),
    Tool(
        name="get_sun_times",
        domain="weather",
        description={
            "th": "เวลาพระอาทิตย์ขึ้นและตกของจังหวัดในวันที่กำหนด",
            "en": "Sunrise and sunset in a Thai province on a date",
        },
        parameters=arguments(place=_PLACE, date=day("วันที่", "Date")),
        run=_sun,
    ),
)


def _draw_forecast(rng: random.Random, world: World) -> Drawn:
    place = rng.choice(sorted(_PROVINCES))
    on = world.now.date() + timedelta(days=rng.randrange(1, _FORECAST_DAYS))
    return Drawn(
        {"place": place, "date": thai_date(on, rng)},
        (ExpectedCall("get_weather_forecast", {"place": place, "date": on.isoformat()}),),
        (State(0, "high_c", "number"), State(0, "rain_chance_percent", "number")),
    )


def _draw_air(rng: random.Random, world: World) -> Drawn:
    place = rng.choice(sorted(_PROVINCES))
    return Drawn(
        {"place": place}, (ExpectedCall("get_air_quality", {"place": place}),), (State(0, "pm25_ug_m3", "number"),)
    )


def _draw_driest_day(rng: random.Random, world: World) -> Drawn:
    while True:
        place = rng.choice(sorted(_PROVINCES))
        chances = [_day(world, place, on)["rain_chance_percent"] for on in _coming_days(world)]
        if chances.count(min(chances)) == 1:
            break
    date_there = {"$from": [0, f"days.{chances.index(min(chances))}.date"]}
    return Drawn(
        {"place": place},
        (
            ExpectedCall("get_rain_outlook", {"place": place}),
            ExpectedCall("get_weather_forecast", {"place": place, "date": date_there}),
        ),
        (State(1, "date", "date"), State(1, "high_c", "number")),
    )


def _draw_sun(rng: random.Random, world: World) -> Drawn:
    place = rng.choice(sorted(_PROVINCES))
    on = world.now.date() + timedelta(days=rng.randrange(1, 300))
    return Drawn(
        {"place": place, "date": thai_date(on, rng)},
        (ExpectedCall("get_sun_times", {"place": place, "date": on.isoformat()}),),
        (State(0, "sunrise", "time"), State(0, "sunset", "time")),
    )


def _draw_not_covered(rng: random.Random, world: World) -> Drawn:
    place = rng.choice(_NOT_COVERED)
    return Drawn({"place": place}, (ExpectedCall("get_air_quality", {"place": place}, error="not_found"),), ())


def _draw_too_far_ahead(rng: random.Random, world: World) -> Drawn:
    place = rng.choice(sorted(_PROVINCES))
    on = world.now.date() + timedelta(days=rng.randrange(20, 200))
    call = ExpectedCall("get_weather_forecast", {"place": place, "date": on.isoformat()}, error="out_of_range")
    return Drawn({"place": place, "date": thai_date(on, rng)}, (call,), ())


_ASKS_DATE = ("วันไหน", "วันที่", "เมื่อไร", "เมื่อไหร่", "วันใด")
_ASKS_PLACE = ("จังหวัด", "ที่ไหน", "พื้นที่", "เมือง", "สถานที่")

GOALS = (
    Goal(
        id="weather.forecast",
        draw=_draw_forecast,
        requests=(
            "วันที่ {date} {place} อากาศเป็นยังไง อุณหภูมิสูงสุดกี่องศา โอกาสฝนตกกี่เปอร์เซ็นต์",
            "จะไป{place}วันที่ {date} อยากรู้ว่าร้อนสุดกี่องศาแล้วฝนมีโอกาสตกแค่ไหน",
            "ขอพยากรณ์อากาศ{place} วันที่ {date} เอาอุณหภูมิสูงสุดกับโอกาสฝนตก",
            "ขอทราบอุณหภูมิสูงสุดและโอกาสเกิดฝนที่{place} ประจำวันที่ {date}",
        ),
        without={
            "place": ("วันที่ {date} อากาศเป็นยังไง ร้อนสุดกี่องศา ฝนจะตกไหม",),
            "date": ("จะไปเที่ยว{place} อยากรู้อุณหภูมิสูงสุดกับโอกาสฝนตกของวันที่ไป",),
        },
        supply={"place": ("{place}", "ที่{place}"), "date": ("วันที่ {date}", "ไปวันที่ {date}")},
        asks={"place": _ASKS_PLACE, "date": _ASKS_DATE},
        topic="พยากรณ์อากาศ",
    ),
    Goal(
        id="weather.air",
        draw=_draw_air,
        requests=(
            "วันนี้ฝุ่น PM2.5 ที่{place}เท่าไร",
            "ตอนนี้ค่าฝุ่นที่{place}กี่ไมโครกรัม",
            "อยากรู้ค่า PM2.5 ของ{place}วันนี้",
            "ขอทราบปริมาณฝุ่น PM2.5 ในพื้นที่{place}ของวันนี้",
        ),
        without={"place": ("วันนี้ค่าฝุ่น PM2.5 เท่าไร",)},
        supply={"place": ("{place}", "อยู่{place}")},
        asks={"place": _ASKS_PLACE},
        topic="ค่าฝุ่น",
    ),
    Goal(
        id="weather.driest_day",
        draw=_draw_driest_day,
        requests=(
            "ใน 7 วันนี้ที่{place} วันไหนโอกาสฝนตกน้อยที่สุด แล้ววันนั้นร้อนสุดกี่องศา",
            "อยากไป{place}วันที่ฝนน่าจะตกน้อยสุดใน 7 วันนี้ คือวันที่เท่าไร แล้วอุณหภูมิสูงสุดของวันนั้นกี่องศา",
            "ช่วยหาวันที่โอกาสฝนต่ำสุดของ{place}ใน 7 วันนี้ พร้อมอุณหภูมิสูงสุดของวันนั้น",
            "ขอทราบวันที่มีโอกาสเกิดฝนน้อยที่สุดใน 7 วันนับจากวันนี้ที่{place} และอุณหภูมิสูงสุดของวันดังกล่าว",
        ),
        without={"place": ("ใน 7 วันนี้ วันไหนโอกาสฝนตกน้อยที่สุด แล้ววันนั้นร้อนสุดกี่องศา",)},
        supply={"place": ("{place}", "ที่{place}")},
        asks={"place": _ASKS_PLACE},
        topic="โอกาสฝนตก",
    ),
    Goal(
        id="weather.sun",
        draw=_draw_sun,
        requests=(
            "วันที่ {date} ที่{place}พระอาทิตย์ขึ้นกี่โมง ตกกี่โมง",
            "จะไปถ่ายรูปพระอาทิตย์ขึ้นกับตกที่{place}วันที่ {date} ต้องไปกี่โมง",
            "เวลาพระอาทิตย์ขึ้น-ตกของ{place} วันที่ {date}",
            "ขอทราบเวลาที่ดวงอาทิตย์ขึ้นและตกในพื้นที่{place} วันที่ {date}",
        ),
        without={
            "place": ("วันที่ {date} พระอาทิตย์ขึ้นกี่โมง ตกกี่โมง",),
            "date": ("อยากไปดูพระอาทิตย์ขึ้นกับตกที่{place} วันที่ไปมันขึ้นกี่โมง ตกกี่โมง",),
        },
        supply={"place": ("{place}", "ที่{place}"), "date": ("วันที่ {date}", "ไปวันที่ {date}")},
        asks={"place": _ASKS_PLACE, "date": _ASKS_DATE},
        topic="เวลาพระอาทิตย์ขึ้นและตก",
    ),
    Goal(
        id="weather.not_covered",
        draw=_draw_not_covered,
        requests=(
            "วันนี้ฝุ่น PM2.5 ที่{place}เท่าไร",
            "ค่าฝุ่นที่{place}ตอนนี้กี่ไมโครกรัม",
            "เช็กค่า PM2.5 {place}ให้หน่อย",
            "ขอทราบปริมาณฝุ่น PM2.5 ที่{place}ของวันนี้",
        ),
        fails="not_found",
        topic="ค่าฝุ่น",
    ),
    Goal(
        id="weather.too_far_ahead",
        draw=_draw_too_far_ahead,
        requests=(
            "วันที่ {date} {place} ฝนจะตกไหม",
            "จะแต่งงานที่{place}วันที่ {date} อยากรู้ว่าฝนจะตกหรือเปล่า",
            "ขอพยากรณ์อากาศ{place} วันที่ {date}",
            "ขอทราบสภาพอากาศที่{place} ในวันที่ {date}",
        ),
        fails="out_of_range",
        topic="พยากรณ์อากาศ",
    ),
)
