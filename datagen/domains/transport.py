"""Trains and intercity buses: timetable, booking, cancelling; and the fare of Bangkok's elevated train."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

from datagen.domains._timetable import BTS_STATIONS, PLACES, trips_of_day
from datagen.domains._trips import book, booking, cancel, earlier_bookings, fare_by_bts, random_route, search
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.schema import arguments, day, integer, text
from datagen.tools.tool import Tool
from datagen.tools.words import thai_count, thai_date
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]


_ORIGIN = text("จังหวัดหรือเมืองต้นทาง เป็นภาษาไทย", "Town of departure, in Thai")
_DESTINATION = text("จังหวัดหรือเมืองปลายทาง เป็นภาษาไทย", "Town of arrival, in Thai")
_ROUTE = arguments(origin=_ORIGIN, destination=_DESTINATION, date=day("วันเดินทาง", "Date of travel"))
_BOOKING_ID = arguments(
    booking_id=text("หมายเลขการจอง เช่น BK123456", "Booking number, such as BK123456", pattern=r"^BK[0-9]{6}$")
)

TOOLS = (
    Tool(
        "search_trains",
        "transport",
        {"th": "ค้นหาเที่ยวรถไฟ เวลา ราคา และที่นั่งว่าง", "en": "Find trains with times, fares and free seats"},
        _ROUTE,
        search("R"),
    ),
    Tool(
        "search_buses",
        "transport",
        {
            "th": "ค้นหาเที่ยวรถทัวร์ระหว่างกรุงเทพกับต่างจังหวัด เวลา ราคา และที่นั่งว่าง",
            "en": "Find intercity buses to or from Bangkok with times, fares and free seats",
        },
        _ROUTE,
        search("B"),
    ),
    Tool(
        "book_trip",
        "transport",
        {"th": "จองตั๋วรถไฟหรือรถทัวร์ตามรหัสเที่ยว", "en": "Book seats on a train or bus by its trip id"},
        arguments(
            trip_id=text("รหัสเที่ยวจากการค้นหา เช่น R0006A", "Trip id, such as R0006A", pattern=r"^[RB][0-9]{4}[ABC]$"),
            date=day("วันเดินทาง", "Date of travel"),
            passengers=integer("จำนวนที่นั่ง", "How many seats", 1, 8),
        ),
        book,
        writes=True,
    ),
    Tool(
        "get_booking",
        "transport",
        {"th": "ดูรายละเอียดการจองตั๋วเดินทาง", "en": "Look up a ticket booking"},
        _BOOKING_ID,
        lambda world, given: booking(world, given["booking_id"]),
    ),
    Tool(
        "cancel_booking",
        "transport",
        {
            "th": "ยกเลิกการจองตั๋วเดินทาง คืนเงิน 80% ถ้าก่อนเดินทาง 3 วันขึ้นไป นอกนั้น 50%",
            "en": "Cancel a ticket booking; refunds 80% at least 3 days before travel, else 50%",
        },
        _BOOKING_ID,
        cancel,
        writes=True,
    ),
    Tool(
        "get_bts_fare",
        "transport",
        {"th": "ค่าโดยสารรถไฟฟ้า BTS ระหว่างสองสถานี", "en": "Fare between two stations of Bangkok's BTS"},
        arguments(
            origin=text("ชื่อสถานีต้นทาง เป็นภาษาไทย", "Station of departure, in Thai"),
            destination=text("ชื่อสถานีปลายทาง เป็นภาษาไทย", "Station of arrival, in Thai"),
        ),
        fare_by_bts,
    ),
)


def _coming_day(rng: random.Random, world: World) -> date:
    return world.now.date() + timedelta(days=rng.randint(1, 30))


def _draw_search(mode: str, place: int) -> Callable[[random.Random, World], Drawn]:
    def draw(rng: random.Random, world: World) -> Drawn:
        origin, destination = random_route(rng, mode)
        on = _coming_day(rng, world)
        call = {"origin": origin, "destination": destination, "date": on.isoformat()}
        return Drawn(
            {"origin": origin, "destination": destination, "date": thai_date(on, rng)},
            (ExpectedCall("search_trains" if mode == "R" else "search_buses", call),),
            (State(0, f"trips.{place}.departs", "time"), State(0, f"trips.{place}.price_baht", "number")),
        )

    return draw


def _draw_search_and_book(rng: random.Random, world: World) -> Drawn:
    mode = rng.choice("RRB")
    while True:
        origin, destination = random_route(rng, mode)
        on, passengers = _coming_day(rng, world), rng.randint(1, 4)
        trips = trips_of_day(world, mode, origin, destination, on)
        wanted, pick = rng.choice(
            (
                (trips[0], "เที่ยวแรกสุดของวัน"),
                (trips[2], "เที่ยวสุดท้ายของวัน"),
                (min(trips, key=lambda trip: trip["price_baht"]), "เที่ยวที่ถูกที่สุด"),
            )
        )
        if wanted["seats_left"] >= 8:
            break
    route = {"origin": origin, "destination": destination, "date": on.isoformat()}
    booking = {
        "trip_id": {"$from": [0, f"trips.{trips.index(wanted)}.trip_id"]},
        "date": on.isoformat(),
        "passengers": passengers,
    }
    return Drawn(
        {
            "mode": "รถไฟ" if mode == "R" else "รถทัวร์",
            "origin": origin,
            "destination": destination,
            "date": thai_date(on, rng),
            "pick": pick,
            "passengers": thai_count(passengers, rng),
        },
        (ExpectedCall("search_trains" if mode == "R" else "search_buses", route), ExpectedCall("book_trip", booking)),
        (State(1, "booking_id"), State(1, "total_baht", "number")),
    )


def _draw_book(sold_out: bool) -> Callable[[random.Random, World], Drawn]:
    def draw(rng: random.Random, world: World) -> Drawn:
        while True:
            on, passengers = _coming_day(rng, world), rng.randint(1, 4)
            mode = rng.choice("RB")
            trip = rng.choice(trips_of_day(world, mode, *random_route(rng, mode), on))
            if (trip["seats_left"] == 0) if sold_out else (trip["seats_left"] >= 8):
                break
        call = {"trip_id": trip["trip_id"], "date": on.isoformat(), "passengers": passengers}
        states = () if sold_out else (State(0, "booking_id"), State(0, "total_baht", "number"))
        return Drawn(
            {"trip_id": trip["trip_id"], "date": thai_date(on, rng), "passengers": thai_count(passengers, rng)},
            (ExpectedCall("book_trip", call, error="sold_out" if sold_out else ""),),
            states,
        )

    return draw


def _draw_booking(tool: str, *states: State) -> Callable[[random.Random, World], Drawn]:
    def draw(rng: random.Random, world: World) -> Drawn:
        booking_id = rng.choice(earlier_bookings(world))["booking_id"]
        return Drawn({"booking_id": booking_id}, (ExpectedCall(tool, {"booking_id": booking_id}),), states)

    return draw


def _draw_unknown_booking(rng: random.Random, world: World) -> Drawn:
    known = {booking["booking_id"] for booking in earlier_bookings(world)}
    booking_id = next(b for b in iter(lambda: f"BK{rng.randrange(10**5, 10**6)}", "") if b not in known)
    call = ExpectedCall("get_booking", {"booking_id": booking_id}, error="not_found")
    return Drawn({"booking_id": booking_id}, (call,), ())


def _draw_no_railway(rng: random.Random, world: World) -> Drawn:
    destination = rng.choice(sorted(name for name, (_, lines) in PLACES.items() if not lines))
    on = _coming_day(rng, world)
    call = {"origin": "กรุงเทพ", "destination": destination, "date": on.isoformat()}
    slots = {"origin": "กรุงเทพ", "destination": destination, "date": thai_date(on, rng)}
    return Drawn(slots, (ExpectedCall("search_trains", call, error="not_found"),), ())


def _draw_bts(rng: random.Random, world: World) -> Drawn:
    origin, destination = rng.sample(BTS_STATIONS, 2)
    call = {"origin": origin, "destination": destination}
    return Drawn(call, (ExpectedCall("get_bts_fare", call),), (State(0, "fare_baht", "number"),))


_ASKS_ORIGIN = ("ต้นทาง", "จากไหน", "จากที่ไหน", "จากจังหวัด", "จากสถานี", "ออกจาก", "ขึ้นที่", "เริ่มต้น", "จากเมือง")
_ASKS_DESTINATION = ("ปลายทาง", "ไปไหน", "ไปที่ไหน", "ไปจังหวัด", "ลงที่", "ลงสถานี", "จุดหมาย", "ไปลง", "ไปเมือง")
_ASKS_DATE = ("วันไหน", "วันที่", "วันเดินทาง", "เมื่อไร", "เมื่อไหร่", "วันใด")
_ASKS_PASSENGERS = ("กี่ที่", "กี่คน", "จำนวน", "กี่ใบ", "ที่นั่ง")
_ASKS_BOOKING = (
    "หมายเลขการจอง",
    "เลขการจอง",
    "รหัสการจอง",
    "เลขที่การจอง",
    "หมายเลขจอง",
    "รหัสจอง",
    "เลขจอง",
    "หมายเลขการสำรอง",
)
_SUPPLY_ROUTE = {
    "origin": ("จาก{origin}", "ออกจาก{origin}", "{origin}"),
    "destination": ("ไป{destination}", "{destination}"),
    "date": ("วันที่ {date}", "เดินทาง {date}"),
}
_ASKS_ROUTE = {"origin": _ASKS_ORIGIN, "destination": _ASKS_DESTINATION, "date": _ASKS_DATE}

GOALS = (
    Goal(
        id="transport.trains",
        draw=_draw_search("R", 0),
        requests=(
            "รถไฟจาก{origin}ไป{destination}วันที่ {date} ขบวนแรกออกกี่โมง ค่าตั๋วเท่าไร",
            "จะนั่งรถไฟจาก{origin}ไป{destination} วันที่ {date} อยากรู้ว่าขบวนเช้าสุดออกกี่โมงแล้วราคากี่บาท",
            "ขอเวลาออกและราคาของรถไฟขบวนแรกสุด {origin}-{destination} วันที่ {date}",
            "เช็กรถไฟให้หน่อย {origin}ไป{destination} {date} เอาแค่ขบวนแรกของวัน กี่โมง กี่บาท",
        ),
        without={
            "origin": ("จะนั่งรถไฟไป{destination}วันที่ {date} ขบวนแรกออกกี่โมง ค่าตั๋วเท่าไร",),
            "destination": ("วันที่ {date} จะขึ้นรถไฟจาก{origin} ขบวนแรกออกกี่โมง ราคากี่บาท",),
            "date": ("รถไฟจาก{origin}ไป{destination}ขบวนแรกของวันที่จะเดินทางออกกี่โมง ราคาเท่าไร",),
        },
        supply=_SUPPLY_ROUTE,
        asks=_ASKS_ROUTE,
        topic="เที่ยวรถไฟ",
    ),
    Goal(
        id="transport.buses",
        draw=_draw_search("B", 2),
        requests=(
            "รถทัวร์จาก{origin}ไป{destination}วันที่ {date} เที่ยวสุดท้ายออกกี่โมง ราคาเท่าไร",
            "เลิกงานดึก เลยอยากได้รถทัวร์{origin}ไป{destination}วันที่ {date} เที่ยวสุดท้าย ออกกี่โมง กี่บาท",
            "ขอเวลาออกกับค่าโดยสารของรถทัวร์เที่ยวสุดท้าย {origin}-{destination} วันที่ {date}",
            "อยากได้ข้อมูลรถทัวร์เที่ยวสุดท้ายของวันที่ {date} จาก{origin}ไป{destination} ทั้งเวลาออกและราคา",
        ),
        without={
            "origin": ("วันที่ {date} จะนั่งรถทัวร์ไป{destination} เที่ยวสุดท้ายออกกี่โมง กี่บาท",),
            "destination": ("รถทัวร์ออกจาก{origin}วันที่ {date} เที่ยวสุดท้ายกี่โมง ราคาเท่าไร",),
            "date": ("รถทัวร์จาก{origin}ไป{destination}เที่ยวสุดท้ายออกกี่โมง ราคาเท่าไร",),
        },
        supply=_SUPPLY_ROUTE,
        asks=_ASKS_ROUTE,
        topic="เที่ยวรถทัวร์",
    ),
    Goal(
        id="transport.search_and_book",
        draw=_draw_search_and_book,
        requests=(
            "จองตั๋ว{mode}จาก{origin}ไป{destination}วันที่ {date} เอา{pick} {passengers} ที่นั่ง แล้วบอกเลขการจองกับราคารวมด้วย",
            "ช่วยหา{mode} {origin}-{destination} วันที่ {date} แล้วจอง{pick}ให้ {passengers} ที่ ขอเลขการจองกับยอดรวม",
            "จะไป{destination}จาก{origin}ด้วย{mode}วันที่ {date} จอง{pick}ให้เลย {passengers} ที่นั่ง แล้วบอกเลขจองกับราคาทั้งหมด",
            "รบกวนจอง{mode} ขึ้นที่{origin} ลง{destination} วันที่ {date} จำนวน {passengers} ที่ เลือก{pick} ขอเลขจองและยอดรวม",
        ),
        without={
            "passengers": ("จองตั๋ว{mode}จาก{origin}ไป{destination}วันที่ {date} เอา{pick} แล้วบอกเลขการจองกับราคารวมด้วย",),
            "date": ("จองตั๋ว{mode}จาก{origin}ไป{destination} เอา{pick} {passengers} ที่นั่ง แล้วบอกเลขการจองกับราคารวมด้วย",),
        },
        supply={"passengers": ("{passengers} ที่", "{passengers} ที่นั่ง"), "date": _SUPPLY_ROUTE["date"]},
        asks={"passengers": _ASKS_PASSENGERS, "date": _ASKS_DATE},
        topic="การจองตั๋วเดินทาง",
    ),
    Goal(
        id="transport.book",
        draw=_draw_book(sold_out=False),
        requests=(
            "จองเที่ยว {trip_id} วันที่ {date} จำนวน {passengers} ที่นั่ง ขอเลขการจองกับราคารวม",
            "เอาตั๋ว {passengers} ใบ เที่ยว {trip_id} ของวันที่ {date} จองแล้วบอกเลขการจองกับยอดที่ต้องจ่ายด้วย",
            "ขอสำรองที่นั่งเที่ยว {trip_id} เดินทางวันที่ {date} จำนวน {passengers} ที่ และขอทราบหมายเลขการจองพร้อมราคารวม",
            "กดจอง {trip_id} ให้ที ไปกัน {passengers} คน วันที่ {date} จองได้แล้วขอเลขการจองกับราคารวม",
        ),
        without={
            "trip_id": ("จองตั๋ววันที่ {date} ให้หน่อย {passengers} ที่นั่ง ขอเลขการจองกับราคารวมด้วย",),
            "date": ("จองเที่ยว {trip_id} ให้หน่อย {passengers} ที่นั่ง ขอเลขการจองกับราคารวมด้วย",),
            "passengers": ("จองเที่ยว {trip_id} วันที่ {date} ให้หน่อย ขอเลขการจองกับราคารวมด้วย",),
        },
        supply={
            "trip_id": ("เที่ยว {trip_id}", "{trip_id}"),
            "date": _SUPPLY_ROUTE["date"],
            "passengers": ("{passengers} ที่", "{passengers} ที่นั่ง"),
        },
        asks={
            "trip_id": ("รหัสเที่ยว", "เที่ยวไหน", "เที่ยวใด", "เที่ยวรถ", "หมายเลขเที่ยว", "ขบวน", "เส้นทาง", "ต้นทาง", "ปลายทาง"),
            "date": _ASKS_DATE,
            "passengers": _ASKS_PASSENGERS,
        },
        topic="การจองตั๋วเดินทาง",
    ),
    Goal(
        id="transport.sold_out",
        draw=_draw_book(sold_out=True),
        requests=(
            "จองเที่ยว {trip_id} วันที่ {date} จำนวน {passengers} ที่นั่ง",
            "เอาตั๋ว {passengers} ใบ เที่ยว {trip_id} ของวันที่ {date}",
            "ขอสำรองที่นั่งเที่ยว {trip_id} เดินทางวันที่ {date} จำนวน {passengers} ที่",
            "กดจอง {trip_id} ให้ที ไปกัน {passengers} คน วันที่ {date}",
        ),
        fails="sold_out",
        topic="การจองตั๋วเดินทาง",
    ),
    Goal(
        id="transport.no_railway",
        draw=_draw_no_railway,
        requests=(
            "รถไฟจาก{origin}ไป{destination}วันที่ {date} มีกี่โมงบ้าง",
            "อยากนั่งรถไฟไป{destination}วันที่ {date} ขึ้นที่{origin} มีขบวนไหนบ้าง",
            "ขอตารางรถไฟ {origin}-{destination} วันที่ {date}",
            "วันที่ {date} มีรถไฟจาก{origin}ไป{destination}ไหม ออกกี่โมง",
        ),
        fails="not_found",
        topic="เที่ยวรถไฟ",
    ),
    Goal(
        id="transport.booking",
        draw=_draw_booking("get_booking", State(0, "date", "date"), State(0, "departs", "time")),
        requests=(
            "การจองเลขที่ {booking_id} เดินทางวันไหน รถออกกี่โมง",
            "เช็กตั๋ว {booking_id} ให้หน่อย จำไม่ได้ว่าไปวันไหน ออกกี่โมง",
            "ขอทราบวันเดินทางและเวลาออกของการจองหมายเลข {booking_id}",
            "{booking_id} นี่ต้องไปขึ้นรถวันที่เท่าไร เวลาไหน",
        ),
        without={"booking_id": ("ตั๋วที่จองไว้เดินทางวันไหน รถออกกี่โมง", "ช่วยเช็กวันเดินทางกับเวลาออกของตั๋วที่จองไว้")},
        supply={"booking_id": ("{booking_id}", "เลขการจอง {booking_id}")},
        asks={"booking_id": _ASKS_BOOKING},
        topic="การจองตั๋วเดินทาง",
    ),
    Goal(
        id="transport.unknown_booking",
        draw=_draw_unknown_booking,
        requests=(
            "การจองเลขที่ {booking_id} เดินทางวันไหน รถออกกี่โมง",
            "เช็กตั๋ว {booking_id} ให้หน่อย จำไม่ได้ว่าไปวันไหน",
            "ขอทราบวันเดินทางของการจองหมายเลข {booking_id}",
            "{booking_id} นี่ต้องไปขึ้นรถกี่โมง",
        ),
        fails="not_found",
        topic="การจองตั๋วเดินทาง",
    ),
    Goal(
        id="transport.cancel",
        draw=_draw_booking("cancel_booking", State(0, "refund_baht", "number")),
        requests=(
            "ยกเลิกการจอง {booking_id} ให้หน่อย แล้วจะได้เงินคืนเท่าไร",
            "ไปไม่ได้แล้ว ขอยกเลิกตั๋ว {booking_id} ได้เงินคืนกี่บาท",
            "ขอยกเลิกการจองหมายเลข {booking_id} และขอทราบยอดเงินที่จะได้คืน",
            "แคนเซิลตั๋ว {booking_id} ให้ที คืนเงินเท่าไรบอกด้วย",
        ),
        without={"booking_id": ("ขอยกเลิกตั๋วรถไฟที่จองไว้ จะได้เงินคืนเท่าไร", "ไปไม่ได้แล้ว ยกเลิกตั๋วให้หน่อย ได้คืนกี่บาท")},
        supply={"booking_id": ("{booking_id}", "เลขการจอง {booking_id}")},
        asks={"booking_id": _ASKS_BOOKING},
        topic="การยกเลิกตั๋วเดินทาง",
    ),
    Goal(
        id="transport.bts",
        draw=_draw_bts,
        requests=(
            "นั่ง BTS จาก{origin}ไป{destination}กี่บาท",
            "ค่ารถไฟฟ้าบีทีเอสจากสถานี{origin}ถึงสถานี{destination}เท่าไร",
            "ขอทราบค่าโดยสาร BTS จากสถานี{origin}ไปสถานี{destination}",
            "ขึ้นบีทีเอสที่{origin} ลง{destination} เสียกี่บาท",
        ),
        without={
            "origin": ("นั่ง BTS ไปลงสถานี{destination}กี่บาท",),
            "destination": ("ขึ้นบีทีเอสที่สถานี{origin} ค่าโดยสารกี่บาท",),
        },
        supply={"origin": ("สถานี{origin}", "{origin}"), "destination": ("สถานี{destination}", "{destination}")},
        asks={"origin": (*_ASKS_ORIGIN, "สถานีไหน"), "destination": (*_ASKS_DESTINATION, "สถานีไหน")},
        topic="ค่าโดยสารรถไฟฟ้า",
    ),
)
