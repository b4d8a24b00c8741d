"""What people want of restaurants; the tools are in restaurant.py."""

from __future__ import annotations

import random
from datetime import date

from datagen.domains._booking import coming_day, earlier_codes, full, said_time, unknown_code
from datagen.domains._restaurants import AREAS, CUISINES, DAYS_AHEAD, RESTAURANTS, TIMES
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.words import thai_count, thai_date
from datagen.tools.world import World

__all__ = ["GOALS"]

_FOUND = tuple(sorted({(each.area, each.cuisine) for each in RESTAURANTS}))
_NOT_FOUND = tuple((area, cuisine) for area in AREAS for cuisine in CUISINES if (area, cuisine) not in _FOUND)
_UNKNOWN = ("ครัวป้าแจ๋ว", "ข้าวต้มโต้รุ่งเฮียตี๋", "บ้านสวนริมธาร", "เตี๋ยวเรือนายพราน")


def _either(name: str) -> dict[str, list[str]]:
    """The name with or without the word for a restaurant, both as the requests have it."""
    return {"$any": [name, f"ร้าน{name}"]}


def _slot(rng: random.Random, world: World, name: str, taken: bool) -> tuple[date, str]:
    """A day and time at which the restaurant has a table, or has none."""
    while True:
        on, time = coming_day(rng, world, DAYS_AHEAD), rng.choice(TIMES)
        if full(world, "table", name, on, time) == taken:
            return on, time


def _draw_search(rng: random.Random, world: World) -> Drawn:
    area, cuisine = rng.choice(_FOUND)
    call = ExpectedCall("search_restaurants", {"area": area, "cuisine": cuisine})
    states = (State(0, "restaurants.0.name"), State(0, "restaurants.0.rating", "number"))
    return Drawn({"area": area, "cuisine": cuisine}, (call,), states)


def _draw_no_such(rng: random.Random, world: World) -> Drawn:
    area, cuisine = rng.choice(_NOT_FOUND)
    call = ExpectedCall("search_restaurants", {"area": area, "cuisine": cuisine}, error="not_found")
    return Drawn({"area": area, "cuisine": cuisine}, (call,), ())


def _draw_price(rng: random.Random, world: World) -> Drawn:
    restaurant = rng.choice(RESTAURANTS)
    slots = {"restaurant": restaurant.name, "dish": rng.choice(tuple(restaurant.menu))}
    call = ExpectedCall("get_menu_price", {"restaurant": _either(restaurant.name), "dish": slots["dish"]})
    return Drawn(slots, (call,), (State(0, "price_baht", "number"),))


def _draw_free(rng: random.Random, world: World) -> Drawn:
    name, on = rng.choice(RESTAURANTS).name, coming_day(rng, world, DAYS_AHEAD)
    call = ExpectedCall("get_free_table_times", {"restaurant": _either(name), "date": on.isoformat()})
    return Drawn({"restaurant": name, "date": thai_date(on, rng)}, (call,), (State(0, "first_evening_time", "time"),))


def _booking(
    rng: random.Random, world: World, name: str, taken: bool = False
) -> tuple[dict[str, str], dict[str, object]]:
    """The slots and the arguments of a booking, but for the restaurant."""
    (on, time), people = _slot(rng, world, name, taken), rng.randint(2, 9)
    slots = {
        "date": thai_date(on, rng),
        "time": said_time(time, rng),
        "people": thai_count(people, rng, "คน"),
    }
    return slots, {"date": on.isoformat(), "time": time, "people": people}


def _draw_booking(rng: random.Random, world: World) -> Drawn:
    name = rng.choice(RESTAURANTS).name
    slots, given = _booking(rng, world, name)
    call = ExpectedCall("book_restaurant_table", {"restaurant": _either(name), **given})
    return Drawn({"restaurant": name, **slots}, (call,), (State(0, "booking_code"),))


def _draw_full(rng: random.Random, world: World) -> Drawn:
    name = rng.choice(RESTAURANTS).name
    slots, given = _booking(rng, world, name, taken=True)
    call = ExpectedCall("book_restaurant_table", {"restaurant": _either(name), **given}, error="fully_booked")
    return Drawn({"restaurant": name, **slots}, (call,), ())


def _draw_unknown(rng: random.Random, world: World) -> Drawn:
    name = rng.choice(_UNKNOWN)
    slots, given = _booking(rng, world, name)
    call = ExpectedCall("book_restaurant_table", {"restaurant": _either(name), **given}, error="not_found")
    return Drawn({"restaurant": name, **slots}, (call,), ())


def _draw_best_booked(rng: random.Random, world: World) -> Drawn:
    area, cuisine = rng.choice(_FOUND)
    best = max((r for r in RESTAURANTS if (r.area, r.cuisine) == (area, cuisine)), key=lambda r: r.rating)
    slots, given = _booking(rng, world, best.name)
    calls = (
        ExpectedCall("search_restaurants", {"area": area, "cuisine": cuisine}),
        ExpectedCall("book_restaurant_table", {"restaurant": {"$from": [0, "restaurants.0.name"]}, **given}),
    )
    states = (State(0, "restaurants.0.name"), State(1, "booking_code"))
    return Drawn({"area": area, "cuisine": cuisine, **slots}, calls, states)


def _draw_cancel(rng: random.Random, world: World) -> Drawn:
    code = rng.choice(earlier_codes(world, "RB"))
    call = ExpectedCall("cancel_restaurant_booking", {"booking_code": code})
    return Drawn({"code": code}, (call,), (State(0, "booking_code"),))


def _draw_cancel_unknown(rng: random.Random, world: World) -> Drawn:
    code = unknown_code(rng, world, "RB")
    return Drawn(
        {"code": code}, (ExpectedCall("cancel_restaurant_booking", {"booking_code": code}, error="not_found"),), ()
    )


_ASKS_NAME = ("ร้านไหน", "ร้านอะไร", "ชื่อร้าน", "ร้านใด")
_ASKS_DATE = ("วันไหน", "วันที่", "วันใด", "เมื่อไร", "เมื่อไหร่")
_ASKS_TIME = ("กี่โมง", "เวลา")
_ASKS_PEOPLE = ("กี่คน", "กี่ท่าน", "จำนวนคน", "จำนวนท่าน", "จำนวนผู้", "กี่ที่")
_ASKS_AREA = ("ย่าน", "แถวไหน", "ที่ไหน", "บริเวณ", "พื้นที่")
_ASKS_CUISINE = ("ประเภท", "อาหารอะไร", "แนวไหน", "แบบไหน", "อาหารแบบ")
_BOOKINGS = (
    "จองโต๊ะร้าน{restaurant} วันที่ {date} เวลา {time} สำหรับ {people}",
    "อยากไปกินร้าน{restaurant} {people} วันที่ {date} ตอน {time} ช่วยจองโต๊ะให้หน่อย",
    "ร้าน{restaurant} {people} วันที่ {date} เวลา {time} จองให้ที",
    "ขอจองโต๊ะที่ร้าน{restaurant} จำนวน {people} ในวันที่ {date} เวลา {time}",
)

GOALS = (
    Goal(
        id="restaurant.search",
        draw=_draw_search,
        requests=(
            "แถว{area}มีร้าน{cuisine}ร้านไหนคะแนนรีวิวสูงสุด ได้กี่คะแนน",
            "หาร้าน{cuisine}ย่าน{area}ให้หน่อย เอาร้านที่คะแนนดีที่สุด บอกคะแนนด้วย",
            "อยากกิน{cuisine}แถว{area} ร้านไหนรีวิวดีสุด กี่คะแนน",
            "ขอแนะนำร้าน{cuisine}ในย่าน{area}ที่ได้คะแนนรีวิวสูงที่สุด พร้อมคะแนน",
        ),
        without={
            "area": ("อยากกิน{cuisine} ร้านไหนรีวิวดีสุด ได้กี่คะแนน", "หาร้าน{cuisine}ที่คะแนนดีที่สุดให้หน่อย"),
            "cuisine": ("แถว{area}มีร้านไหนคะแนนรีวิวสูงสุด ได้กี่คะแนน",),
        },
        supply={"area": ("แถว{area}", "ย่าน{area}"), "cuisine": ("{cuisine}", "อยากกิน{cuisine}")},
        asks={"area": _ASKS_AREA, "cuisine": _ASKS_CUISINE},
        topic="ร้านอาหาร",
    ),
    Goal(
        id="restaurant.search_none",
        draw=_draw_no_such,
        requests=(
            "แถว{area}มีร้าน{cuisine}ร้านไหนคะแนนรีวิวสูงสุด",
            "หาร้าน{cuisine}ย่าน{area}ให้หน่อย เอาร้านที่คะแนนดีที่สุด",
            "อยากกิน{cuisine}แถว{area} ร้านไหนรีวิวดีสุด",
            "ขอแนะนำร้าน{cuisine}ในย่าน{area}",
        ),
        topic="ร้านอาหาร",
        fails="not_found",
    ),
    Goal(
        id="restaurant.price",
        draw=_draw_price,
        requests=(
            "{dish}ที่ร้าน{restaurant}จานละเท่าไร",
            "ร้าน{restaurant} {dish} กี่บาท",
            "อยากรู้ว่า{dish}ของร้าน{restaurant}ราคาเท่าไหร่",
            "ขอทราบราคาเมนู{dish}ของร้าน{restaurant}",
        ),
        without={
            "restaurant": ("{dish}จานละเท่าไร", "อยากรู้ว่าเมนู{dish}ราคาเท่าไหร่"),
            "dish": ("อาหารจานนั้นของร้าน{restaurant}ราคาเท่าไร",),
        },
        supply={"restaurant": ("ร้าน{restaurant}", "เป็นร้าน{restaurant}"), "dish": ("{dish}", "เมนู{dish}")},
        asks={"restaurant": _ASKS_NAME, "dish": ("เมนู", "จานไหน", "อาหารอะไร")},
        topic="ราคาอาหาร",
    ),
    Goal(
        id="restaurant.free_times",
        draw=_draw_free,
        requests=(
            "วันที่ {date} ร้าน{restaurant}ช่วงเย็นมีโต๊ะว่างเร็วสุดกี่โมง",
            "เย็นวันที่ {date} จะไปร้าน{restaurant} โต๊ะว่างเวลาแรกสุดกี่โมง",
            "เช็กโต๊ะร้าน{restaurant}ให้ที เย็นวันที่ {date} ว่างเร็วที่สุดตอนไหน",
            "ขอทราบเวลาแรกในช่วงเย็นของวันที่ {date} ที่ร้าน{restaurant}ยังมีโต๊ะว่าง",
        ),
        without={
            "restaurant": ("เย็นวันที่ {date} มีโต๊ะว่างเร็วสุดกี่โมง",),
            "date": ("ร้าน{restaurant}ช่วงเย็นมีโต๊ะว่างเร็วสุดกี่โมง",),
        },
        supply={"restaurant": ("ร้าน{restaurant}", "เป็นร้าน{restaurant}"), "date": ("วันที่ {date}", "ไปวันที่ {date}")},
        asks={"restaurant": _ASKS_NAME, "date": _ASKS_DATE},
        topic="โต๊ะว่าง",
    ),
    Goal(
        id="restaurant.book",
        draw=_draw_booking,
        requests=_BOOKINGS,
        without={
            "restaurant": ("จองโต๊ะวันที่ {date} เวลา {time} สำหรับ {people}",),
            "date": ("จองโต๊ะร้าน{restaurant} เวลา {time} สำหรับ {people}",),
            "time": ("จองโต๊ะร้าน{restaurant} วันที่ {date} สำหรับ {people}",),
            "people": ("จองโต๊ะร้าน{restaurant} วันที่ {date} เวลา {time}",),
        },
        supply={
            "restaurant": ("ร้าน{restaurant}", "เป็นร้าน{restaurant}"),
            "date": ("วันที่ {date}", "ไปวันที่ {date}"),
            "time": ("เวลา {time}", "ตอน {time}"),
            "people": ("{people}", "ไปกัน {people}"),
        },
        asks={"restaurant": _ASKS_NAME, "date": _ASKS_DATE, "time": _ASKS_TIME, "people": _ASKS_PEOPLE},
        topic="การจองโต๊ะ",
    ),
    Goal(id="restaurant.book_full", draw=_draw_full, requests=_BOOKINGS, topic="การจองโต๊ะ", fails="fully_booked"),
    Goal(id="restaurant.book_unknown", draw=_draw_unknown, requests=_BOOKINGS, topic="การจองโต๊ะ", fails="not_found"),
    Goal(
        id="restaurant.book_best",
        draw=_draw_best_booked,
        requests=(
            "หาร้าน{cuisine}แถว{area}ที่คะแนนรีวิวสูงสุด แล้วจองโต๊ะ {people} วันที่ {date} เวลา {time} ให้เลย",
            "อยากกิน{cuisine}ย่าน{area} เลือกร้านที่รีวิวดีสุด จองให้ด้วยวันที่ {date} ตอน {time} ไปกัน {people}",
            "ช่วยจองร้าน{cuisine}ที่คะแนนดีที่สุดแถว{area} วันที่ {date} เวลา {time} จำนวน {people}",
            "รบกวนค้นหาร้าน{cuisine}คะแนนสูงสุดในย่าน{area} และจองโต๊ะสำหรับ {people} วันที่ {date} เวลา {time}",
        ),
        without={
            "area": ("หาร้าน{cuisine}ที่คะแนนรีวิวสูงสุด แล้วจองโต๊ะ {people} วันที่ {date} เวลา {time} ให้เลย",),
            "cuisine": ("หาร้านแถว{area}ที่คะแนนรีวิวสูงสุด แล้วจองโต๊ะ {people} วันที่ {date} เวลา {time} ให้เลย",),
            "date": ("หาร้าน{cuisine}แถว{area}ที่คะแนนรีวิวสูงสุด แล้วจองโต๊ะ {people} เวลา {time} ให้เลย",),
            "time": ("หาร้าน{cuisine}แถว{area}ที่คะแนนรีวิวสูงสุด แล้วจองโต๊ะ {people} วันที่ {date} ให้เลย",),
            "people": ("หาร้าน{cuisine}แถว{area}ที่คะแนนรีวิวสูงสุด แล้วจองโต๊ะวันที่ {date} เวลา {time} ให้เลย",),
        },
        supply={
            "area": ("แถว{area}", "ย่าน{area}"),
            "cuisine": ("{cuisine}", "อยากกิน{cuisine}"),
            "date": ("วันที่ {date}", "ไปวันที่ {date}"),
            "time": ("เวลา {time}", "ตอน {time}"),
            "people": ("{people}", "ไปกัน {people}"),
        },
        asks={
            "area": _ASKS_AREA,
            "cuisine": _ASKS_CUISINE,
            "date": _ASKS_DATE,
            "time": _ASKS_TIME,
            "people": _ASKS_PEOPLE,
        },
        topic="การจองร้านอาหาร",
    ),
    Goal(
        id="restaurant.cancel",
        draw=_draw_cancel,
        requests=(
            "ยกเลิกจองโต๊ะหมายเลข {code} ให้หน่อย",
            "ไปกินข้าวไม่ได้แล้ว ช่วยยกเลิกโต๊ะที่จองไว้ รหัส {code}",
            "cancel โต๊ะร้านอาหาร {code}",
            "ขอยกเลิกการจองโต๊ะอาหาร หมายเลขการจอง {code}",
        ),
        without={"code": ("ช่วยยกเลิกโต๊ะร้านอาหารที่จองไว้ให้หน่อย", "ไปกินข้าวไม่ได้แล้ว ขอยกเลิกโต๊ะที่จองไว้")},
        supply={"code": ("หมายเลข {code}", "{code}")},
        asks={"code": ("หมายเลข", "รหัส", "เลขที่")},
        topic="การยกเลิกโต๊ะ",
    ),
    Goal(
        id="restaurant.cancel_unknown",
        draw=_draw_cancel_unknown,
        requests=(
            "ยกเลิกจองโต๊ะหมายเลข {code} ให้หน่อย",
            "ไปกินข้าวไม่ได้แล้ว ช่วยยกเลิกโต๊ะที่จองไว้ รหัส {code}",
            "cancel โต๊ะร้านอาหาร {code}",
            "ขอยกเลิกการจองโต๊ะอาหาร หมายเลขการจอง {code}",
        ),
        topic="การยกเลิกโต๊ะ",
        fails="not_found",
    ),
)
