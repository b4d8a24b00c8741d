"""Restaurants: search by area and cuisine, the price of a dish, a table booked or cancelled. All of them invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datagen.domains import _restaurant_goals
from datagen.domains._booking import booked, cancelled, day_ahead, full
from datagen.domains._restaurants import CUISINES, DAYS_AHEAD, RESTAURANTS, TIMES, Restaurant
from datagen.tools.schema import arguments, choice, clock, day, integer, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

_TABLE, _PREFIX = "restaurant_bookings", "RB"
_NAME = text("ชื่อร้าน", "Name of the restaurant, in Thai")
_DATE = day("วันที่จะไป", "Date of the visit")


def _known(name: str) -> Restaurant:
    found = next((each for each in RESTAURANTS if each.name == name.removeprefix("ร้าน")), None)
    if found is None:
        raise ToolError("not_found", f"ไม่พบร้าน {name.removeprefix('ร้าน')}")
    return found


def _search(world: World, given: Mapping[str, Any]) -> Any:
    found = [each for each in RESTAURANTS if (each.area, each.cuisine) == (given["area"], given["cuisine"])]
    if not found:
        raise ToolError("not_found", f"ไม่พบร้าน{given['cuisine']}ย่าน{given['area']}")
    found.sort(key=lambda each: -each.rating)
    return {"restaurants": [{"name": each.name, "rating": each.rating} for each in found]}


def _price(world: World, given: Mapping[str, Any]) -> Any:
    restaurant, dish = _known(given["restaurant"]), given["dish"]
    if dish not in restaurant.menu:
        raise ToolError("not_found", f"ร้าน {restaurant.name} ไม่มีเมนู {dish} มี {', '.join(restaurant.menu)}")
    return {"restaurant": restaurant.name, "dish": dish, "price_baht": restaurant.menu[dish]}


def _free_times(world: World, given: Mapping[str, Any]) -> Any:
    name, on = _known(given["restaurant"]).name, day_ahead(world, given["date"], DAYS_AHEAD)
    evening = [time for time in TIMES if time >= "17:00" and not full(world, "table", name, on, time)]
    if not evening:
        raise ToolError("fully_booked", f"ร้าน {name} โต๊ะเต็มทั้งเย็นในวันที่ {given['date']}")
    return {"restaurant": name, "date": given["date"], "first_evening_time": evening[0], "evening_times": evening}


def _book(world: World, given: Mapping[str, Any]) -> Any:
    name, on = _known(given["restaurant"]).name, day_ahead(world, given["date"], DAYS_AHEAD)
    if given["time"] not in TIMES:
        raise ToolError("closed", f"จองโต๊ะได้ทุกครึ่งชั่วโมง ตั้งแต่ {TIMES[0]} ถึง {TIMES[-1]}")
    if full(world, "table", name, on, given["time"]):
        raise ToolError("fully_booked", f"ร้าน {name} โต๊ะเต็มแล้วในวันที่ {given['date']} เวลา {given['time']}")
    row = {"restaurant": name, **{key: given[key] for key in ("date", "time", "people")}}
    return {"booking_code": booked(world, _TABLE, _PREFIX, row), **row}


def _cancel(world: World, given: Mapping[str, Any]) -> Any:
    return cancelled(world, _TABLE, _PREFIX, given["booking_code"])


TOOLS = (
    Tool(
        name="search_restaurants",
        domain="restaurant",
        description={
            "th": "ค้นหาร้านอาหารตามย่านและประเภทอาหาร เรียงจากคะแนนรีวิวสูงสุดไปต่ำสุด",
            "en": "Restaurants by area and cuisine, best rated first",
        },
        parameters=arguments(
            area=text("ย่าน เช่น อารีย์", "Area of the town, in Thai"),
            cuisine=choice("ประเภทอาหาร", "Cuisine: Thai, Isan, Southern, Japanese, Chinese, seafood", *CUISINES),
        ),
        run=_search,
    ),
    Tool(
        name="get_menu_price",
        domain="restaurant",
        description={"th": "ราคาอาหารจานหนึ่งของร้าน", "en": "The price of a dish at a restaurant"},
        parameters=arguments(
            restaurant=_NAME,
            dish=text("ชื่อเมนู", "Name of the dish, in Thai"),
        ),
        run=_price,
    ),
    Tool(
        name="get_free_table_times",
        domain="restaurant",
        description={
            "th": "เวลาที่ยังมีโต๊ะว่างช่วงเย็น (ตั้งแต่ 17:00) ของร้านในวันหนึ่ง",
            "en": "Evening times (from 17:00) at which a restaurant still has a table on a day",
        },
        parameters=arguments(
            restaurant=_NAME,
            date=_DATE,
        ),
        run=_free_times,
    ),
    Tool(
        name="book_restaurant_table",
        domain="restaurant",
        description={"th": "จองโต๊ะร้านอาหาร ล่วงหน้าไม่เกิน 30 วัน", "en": "Book a restaurant table, up to 30 days ahead"},
        parameters=arguments(
            restaurant=_NAME,
            date=_DATE,
            time=clock("เวลาที่จะไป", "Time of the visit"),
            people=integer("จำนวนคน", "Number of people", 1, 20),
        ),
        run=_book,
        writes=True,
    ),
    Tool(
        name="cancel_restaurant_booking",
        domain="restaurant",
        description={"th": "ยกเลิกการจองโต๊ะร้านอาหาร", "en": "Cancel a booked restaurant table"},
        parameters=arguments(
            booking_code=text("หมายเลขการจอง เช่น RB123456", "Booking code, e.g. RB123456", pattern=r"^RB[0-9]{6}$")
        ),
        run=_cancel,
        writes=True,
    ),
)

GOALS = _restaurant_goals.GOALS
