"""What tools of the shipped domains work out, against values worked out by hand or published: each says where from."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from constraints.thai.clock import find_times, says_hour
from constraints.thai.numbers import in_words, numbers_in
from datagen.domains import shipped_tools
from datagen.domains._holidays import holidays_of
from datagen.domains._lunar import holy_days, lunar_date
from datagen.domains._post import check_digit, parcels_of
from datagen.domains._shop import found, orders_of
from datagen.domains._trips import earlier_bookings
from datagen.rng import rng_for
from datagen.tools.execute import execute
from datagen.tools.words import thai_amount, thai_at_time, thai_count, thai_months, thai_phone, thai_time, thai_weight
from datagen.tools.world import World

NOW = datetime(2026, 11, 24, 9, 15)


def new_world(seed: int = 7) -> World:
    return World(seed, NOW)


def call(name: str, world: World | None = None, **arguments: Any) -> Any:
    observation = execute(shipped_tools(), world or new_world(), name, json.dumps(arguments))
    assert not observation.error, observation.content
    return observation.value


def error_of(name: str, world: World | None = None, **arguments: Any) -> str:
    return execute(shipped_tools(), world or new_world(), name, json.dumps(arguments)).error


# Units: Weights and Measures Act B.E. 2466; international yard and pound (1959).


@pytest.mark.parametrize(
    ("tool", "value", "unit", "into", "result"),
    [
        ("convert_area", 1, "ไร่", "ตารางเมตร", 1600),
        ("convert_area", 2.5, "ไร่", "ตารางวา", 1000),
        ("convert_area", 3, "งาน", "ตารางเมตร", 1200),
        ("convert_area", 1, "เฮกตาร์", "ไร่", 6.25),
        ("convert_area", 1, "เอเคอร์", "ไร่", 2.5293),
        ("convert_rice_volume", 1, "เกวียน", "ถัง", 100),
        ("convert_rice_volume", 15, "ถัง", "ลิตร", 300),
        ("convert_thai_length", 1, "โยชน์", "เส้น", 400),
        ("convert_thai_length", 1, "โยชน์", "กิโลเมตร", 16),
        ("convert_thai_length", 3.5, "ศอก", "เมตร", 1.75),
        ("convert_thai_weight", 2, "ชั่ง", "กิโลกรัม", 2.4),
        ("convert_thai_weight", 1, "ชั่ง", "ตำลึง", 20),
        ("convert_thai_weight", 1, "หาบ", "กิโลกรัม", 60),
        ("convert_unit", 5, "ฟุต", "เซนติเมตร", 152.4),
        ("convert_unit", 10, "ปอนด์", "กรัม", 4535.9237),
        ("convert_unit", 26.2, "ไมล์", "กิโลเมตร", 42.1648),
        ("convert_unit", 37, "องศาเซลเซียส", "องศาฟาเรนไฮต์", 98.6),
        ("convert_unit", -40, "องศาฟาเรนไฮต์", "องศาเซลเซียส", -40),
    ],
)
def test_units(tool: str, value: float, unit: str, into: str, result: float):
    assert call(tool, value=value, from_unit=unit, to_unit=into)["result"] == result


def test_land():
    """3 ไร่ 2 งาน 50 ตารางวา: 1,200 + 200 + 50 = 1,450 ตารางวา, four square metres each."""
    there = call("land_area_to_square_metres", rai=3, ngan=2, square_wah=50)
    assert (there["total_square_wah"], there["square_metres"]) == (1450, 5800)
    back = call("square_metres_to_land_area", square_metres=5800)
    assert (back["rai"], back["ngan"], back["square_wah"]) == (3, 2, 50)
    assert call("square_metres_to_land_area", square_metres=1599)["square_wah"] == 99.75
    assert call("calculate_land_price", square_wah=1450, baht_per_square_wah=12_000)["total_baht"] == 17_400_000


def test_units_of_another_kind_are_refused():
    assert error_of("convert_unit", value=5, from_unit="ลิตร", to_unit="กิโลกรัม") == "incompatible_units"
    assert error_of("convert_unit", value=5, from_unit="องศาเซลเซียส", to_unit="เมตร") == "incompatible_units"
    assert error_of("convert_unit", value=5, from_unit="เมตร", to_unit="องศาเซลเซียส") == "incompatible_units"


# Money.


def test_gold_weighs_what_the_gold_traders_say():
    assert call("gold_weight_to_grams", kind="ทองคำแท่ง", weight=1, unit="บาท")["grams"] == 15.244
    assert call("gold_weight_to_grams", kind="ทองรูปพรรณ", weight=2, unit="สลึง")["grams"] == 7.58
    assert call("calculate_gold_value", weight=3, unit="สลึง", price_per_baht=62_000)["total_baht"] == 46_500


def test_installments():
    """Reducing: 100,000 at 1% a month over a year is the textbook annuity of 8,884.88; flat: (100,000 + 6,000) / 12."""
    loan: dict[str, Any] = {"principal_baht": 100_000, "months": 12}
    reducing = call("calculate_installment", **loan, annual_rate_percent=12, method="ลดต้นลดดอก")
    assert reducing == {"monthly_baht": 8884.88, "total_interest_baht": 6618.55}
    flat = call("calculate_installment", **loan, annual_rate_percent=6, method="คงที่")
    assert flat == {"monthly_baht": 8833.33, "total_interest_baht": 6000}
    free = call("calculate_installment", **loan, annual_rate_percent=0, method="ลดต้นลดดอก")
    assert free == {"monthly_baht": 8333.33, "total_interest_baht": 0}


def test_interest_is_taxed_at_fifteen_percent():
    """100,000 at 1.5% for a year: 1,500, tax 225."""
    told = call("calculate_deposit_interest", principal_baht=100_000, annual_rate_percent=1.5, months=12)
    assert told == {"interest_baht": 1500, "tax_baht": 225, "net_interest_baht": 1275}
    half = call("calculate_deposit_interest", principal_baht=100_000, annual_rate_percent=1.5, months=6)
    assert half["net_interest_baht"] == 637.5


def test_a_bank_buys_for_less_than_it_sells_and_changes_at_those_rates():
    world = new_world()
    rate = call("get_exchange_rate", world, currency="USD")
    assert rate["bank_buys_baht"] < rate["bank_sells_baht"]
    bought = call("exchange_money", world, amount=200, currency="USD", direction="ซื้อเงินต่างประเทศ")
    sold = call("exchange_money", world, amount=200, currency="USD", direction="ขายเงินต่างประเทศ")
    assert bought["total_baht"] == pytest.approx(200 * rate["bank_sells_baht"])
    assert sold["total_baht"] == pytest.approx(200 * rate["bank_buys_baht"])


def test_what_is_transferred_is_gone():
    world = new_world()
    before = call("get_account_balance", world, account="ออมทรัพย์")["balance_baht"]
    to = {"bank": "ออมสิน", "account_number": "1234567890"}
    assert call("transfer_money", world, **to, amount_baht=1_500)["balance_baht"] == before - 1_500
    assert call("get_account_balance", world, account="ออมทรัพย์")["balance_baht"] == before - 1_500
    assert error_of("transfer_money", world, **to, amount_baht=before - 1_499) == "insufficient_funds"
    assert len(world.table("transfers")) == 1


# The calendar. Buddhist days as announced for each year (cabinet's holiday lists of 2566 to 2570).


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2023, ("03-06", "06-03", "08-01", "08-02")),  # with an extra month
        (2024, ("02-24", "05-22", "07-20", "07-21")),
        (2025, ("02-12", "05-11", "07-10", "07-11")),  # with an extra day
        (2026, ("03-03", "05-31", "07-29", "07-30")),  # with an extra month
        (2027, ("02-21", "05-20", "07-18", "07-19")),
    ],
)
def test_buddhist_days(year: int, days: tuple[str, ...]):
    names = ("วันมาฆบูชา", "วันวิสาขบูชา", "วันอาสาฬหบูชา", "วันเข้าพรรษา")
    on = {name: found_on for found_on, name in holidays_of(year)}
    assert tuple(on[name].isoformat() for name in names) == tuple(f"{year}-{each}" for each in days)


@pytest.mark.parametrize(
    ("on", "lunar"),
    [
        (date(2023, 11, 27), "ขึ้น 15 ค่ำ เดือน 12"),  # ลอยกระทง 2566, 2567, 2568
        (date(2024, 11, 15), "ขึ้น 15 ค่ำ เดือน 12"),
        (date(2025, 11, 5), "ขึ้น 15 ค่ำ เดือน 12"),
        (date(2025, 10, 7), "ขึ้น 15 ค่ำ เดือน 11"),  # ออกพรรษา 2568
        (date(2023, 8, 1), "ขึ้น 15 ค่ำ เดือน 8-8"),
    ],
)
def test_the_moon(on: date, lunar: str):
    assert lunar_date(on) == lunar


def test_holy_days_come_four_or_five_to_a_month():
    assert [on.day for on in holy_days(2025, 7)] == [3, 10, 18, 25]
    assert {len(holy_days(year, month)) for year in range(2023, 2030) for month in range(1, 13)} <= {3, 4, 5}


def test_dates():
    """24 มิถุนายน 2475, the day of the revolution, was a Friday; 1 January 2000 a Saturday."""
    assert call("get_weekday", date="1932-06-24")["weekday"] == "วันศุกร์"
    assert call("get_weekday", date="2000-01-01")["weekday"] == "วันเสาร์"
    assert call("count_days", start_date="2024-02-28", end_date="2024-03-01")["days"] == 2
    assert call("add_days", date="2026-12-30", days=45) == {"date": "2027-02-13", "weekday": "วันเสาร์"}
    assert error_of("get_weekday", date="2027-02-29") == "invalid_date"
    assert error_of("get_weekday", date="2570-02-20") == "invalid_arguments"


@pytest.mark.parametrize(
    ("year", "era", "into", "result"),
    [
        (2026, "ค.ศ.", "พ.ศ.", 2569),
        (2325, "พ.ศ.", "ร.ศ.", 1),  # the founding of Bangkok
        (112, "ร.ศ.", "พ.ศ.", 2436),  # the Paknam incident
        (1144, "จ.ศ.", "ค.ศ.", 1782),
    ],
)
def test_eras(year: int, era: str, into: str, result: int):
    assert call("convert_year", year=year, from_era=era, to_era=into)["year"] == result


def test_years_before_an_era_have_no_number_in_it():
    assert error_of("convert_year", year=2324, from_era="พ.ศ.", to_era="ร.ศ.") == "out_of_range"


@pytest.mark.parametrize(("on", "rises", "sets"), [("2026-12-21", "06:36", "17:55"), ("2026-06-21", "05:51", "18:47")])
def test_the_sun_over_bangkok_at_the_solstices(on: str, rises: str, sets: str):
    told = call("get_sun_times", place="กรุงเทพมหานคร", date=on)
    for value, known in ((told["sunrise"], rises), (told["sunset"], sets)):
        apart = datetime.strptime(value, "%H:%M") - datetime.strptime(known, "%H:%M")
        assert abs(apart) <= timedelta(minutes=2), (value, known)


# Transport.


@pytest.mark.parametrize(
    ("origin", "destination", "stations", "baht"),
    [
        ("สยาม", "ชิดลม", 1, 17),
        ("สนามกีฬาแห่งชาติ", "ราชดำริ", 2, 25),
        ("อโศก", "สยาม", 4, 32),
        ("ศาลาแดง", "พร้อมพงษ์", 7, 43),  # two to สยาม, five from there
        ("หมอชิต", "อ่อนนุช", 16, 47),
    ],
)
def test_bts_fares(origin: str, destination: str, stations: int, baht: int):
    told = call("get_bts_fare", origin=origin, destination=destination)
    assert (told["stations"], told["fare_baht"]) == (stations, baht)
    assert call("get_bts_fare", origin=destination, destination=origin)["fare_baht"] == baht


def test_booked_seats_are_gone_and_cost_what_the_search_said():
    world, route = new_world(), {"origin": "กรุงเทพ", "destination": "เชียงใหม่", "date": "2026-12-01"}
    trip = max(call("search_trains", world, **route)["trips"], key=lambda each: each["seats_left"])
    booked = call("book_trip", world, trip_id=trip["trip_id"], date=route["date"], passengers=3)
    assert booked["total_baht"] == 3 * trip["price_baht"]
    after = next(t for t in call("search_trains", world, **route)["trips"] if t["trip_id"] == trip["trip_id"])
    assert after["seats_left"] == trip["seats_left"] - 3
    assert call("get_booking", world, booking_id=booked["booking_id"])["status"] == "ยืนยันแล้ว"
    refund = call("cancel_booking", world, booking_id=booked["booking_id"])["refund_baht"]
    assert refund == booked["total_baht"] * 80 // 100
    assert error_of("cancel_booking", world, booking_id=booked["booking_id"]) == "already_cancelled"
    assert call("get_booking", world, booking_id=booked["booking_id"])["status"] == "ยกเลิกแล้ว"


def test_a_trip_fills_up():
    world = new_world()
    trips = call("search_buses", world, origin="กรุงเทพ", destination="น่าน", date="2026-12-01")["trips"]
    trip = max(trips, key=lambda each: each["seats_left"])
    for _ in range(trip["seats_left"] // 8):
        call("book_trip", world, trip_id=trip["trip_id"], date="2026-12-01", passengers=8)
    assert error_of("book_trip", world, trip_id=trip["trip_id"], date="2026-12-01", passengers=8) == "sold_out"


def test_a_late_cancellation_gives_back_half():
    for seed in range(60):
        world = new_world(seed)
        for booking in earlier_bookings(world):
            days = (date.fromisoformat(booking["date"]) - NOW.date()).days
            refund = call("cancel_booking", world, booking_id=booking["booking_id"])["refund_baht"]
            assert refund == booking["total_baht"] * (80 if days >= 3 else 50) // 100


@pytest.mark.parametrize("trip_id", ["R9999A", "R0000A", "R0015A", "B0102A"])
def test_trips_that_nothing_runs_on(trip_id: str):
    """Beyond the list; from a place to itself; by rail to a place without; by bus past Bangkok."""
    assert error_of("book_trip", trip_id=trip_id, date="2026-12-01", passengers=1) == "not_found"


# The post and the shop.


@pytest.mark.parametrize(("serial", "digit"), [("47312482", "9"), ("00000000", "5"), ("00300000", "0")])
def test_check_digits_of_the_postal_union(serial: str, digit: str):
    """S10: 4·8+7·6+3·4+1·2+2·3+4·5+8·9+2·7 = 200, remainder 2, digit 9; remainder 0 gives 5, remainder 1 gives 0."""
    assert check_digit(serial) == digit


def test_a_new_day_of_delivery_is_what_tracking_tells():
    world = new_world()
    number = parcels_of(world)[0]["tracking_number"]
    call("change_delivery_date", world, tracking_number=number, date="2026-12-03")
    assert call("track_parcel", world, tracking_number=number)["delivery_date"] == "2026-12-03"


@pytest.mark.parametrize(("pieces", "fee"), [(1, 30), (4, 30), (5, 0)])
def test_pick_up_is_free_from_five_pieces(pieces: int, fee: int):
    told = call("request_pickup", date="2026-11-30", window="ช่วงเช้า", pieces=pieces, phone="0812345678")
    assert told["fee_baht"] == fee


def test_postage_goes_by_weight_and_place():
    price = [
        call("get_postage", destination=place, weight_g=grams, service="EMS")["price_baht"]
        for place, grams in (("กรุงเทพ", 250), ("กรุงเทพ", 251), ("เชียงใหม่", 250), ("ภูเก็ต", 20_000))
    ]
    assert price == [40, 50, 55, 520]


def test_shipping_is_free_from_a_thousand_baht():
    world = new_world()
    for product in found(world, ""):
        if product["in_stock"] < 4:
            continue
        for quantity in (1, 4):
            goods = product["price_baht"] * quantity
            told = call("place_order", new_world(), product_id=product["product_id"], quantity=quantity)
            assert told["total_baht"] == goods + (0 if goods >= 1_000 else 50)


def test_an_order_takes_from_the_stock_and_can_be_cancelled():
    world = new_world()
    product = next(each for each in found(world, "พัดลม") if each["in_stock"])
    made = call("place_order", world, product_id=product["product_id"], quantity=2)
    assert call("get_product", world, product_id=product["product_id"])["in_stock"] == product["in_stock"] - 2
    assert call("cancel_order", world, order_id=made["order_id"])["refund_baht"] == made["total_baht"]
    assert call("get_order", world, order_id=made["order_id"])["status"] == "ยกเลิกแล้ว"
    assert error_of("cancel_order", world, order_id=made["order_id"]) == "already_cancelled"


def test_a_cart_adds_up():
    world = new_world()
    first, second = [each for each in found(world, "") if each["in_stock"]][:2]
    call("add_to_cart", world, product_id=first["product_id"], quantity=2)
    told = call("add_to_cart", world, product_id=second["product_id"], quantity=1)
    assert told["cart_baht"] == 2 * first["price_baht"] + second["price_baht"]


def test_what_was_shipped_is_with_the_post():
    for seed in range(20):
        world = new_world(seed)
        for made in orders_of(world):
            if made["status"] == "จัดส่งแล้ว":
                tracked = call("track_parcel", world, tracking_number=made["tracking_number"])
                assert tracked["tracking_number"] == made["tracking_number"]


# Words, read back by the checkers of constraints/, which know nothing of who wrote them.


@pytest.mark.parametrize("hour", range(24))
def test_a_spoken_hour_is_read_as_that_hour(hour: int):
    for seed in range(40):
        said = thai_time(hour, 0, rng_for(seed, "words", str(hour)))
        if any(mark in said for mark in ":."):
            official = find_times(said if "น." in said else f"{said} น.")
            assert [(time.hour, time.minute) for time in official] == [(hour, 0)]
        else:
            assert says_hour(said, hour) is not False
            # "9 โมงเช้า", with a blank, is taken for โมงเช้า (seven) as well.
            others = set(range(24)) - ({hour, 7} if said.endswith(" โมงเช้า") else {hour})
            assert all(says_hour(said, other) is not True for other in others)
            assert thai_at_time(hour, 0, rng_for(seed, "words", str(hour))).startswith("ตอน")


def test_half_past_is_no_full_hour():
    for hour in range(24):
        for seed in range(20):
            said = thai_time(hour, 30, rng_for(seed, "words", str(hour)))
            assert ("ครึ่ง" in said) != any(mark in said for mark in ":.")
            assert says_hour(said, hour) is not True


@pytest.mark.parametrize("number", [3, 990, 1_000, 2_500, 12_345, 30_000, 150_000, 1_200_000, 45_000_000])
def test_an_amount_is_read_as_that_amount(number: int):
    sizes = {"พัน": 1_000, "หมื่น": 10_000, "แสน": 100_000, "ล้าน": 1_000_000}
    for seed in range(60):
        said = thai_amount(number, rng_for(seed, "words", str(number)), "บาท")
        assert said.endswith("บาท")
        size = next((size for name, size in sizes.items() if said.endswith(f"{name}บาท")), 1)
        read = numbers_in(said)
        if read:
            assert float(read[0].value) * size == number
        else:
            assert said == in_words(number) + "บาท"


def test_other_words():
    seen = {
        "count": {thai_count(2, rng_for(seed, "words", ""), "คน") for seed in range(60)},
        "months": {thai_months(36, rng_for(seed, "words", "")) for seed in range(200)},
        "weight": {thai_weight(1_500, rng_for(seed, "words", "")) for seed in range(200)},
        "phone": {thai_phone("0812345678", rng_for(seed, "words", "")) for seed in range(60)},
    }
    assert seen["count"] == {"2 คน", "๒ คน", "สองคน"}
    assert seen["months"] == {"36 เดือน", "๓๖ เดือน", "3 ปี", "๓ ปี", "สามปี"}
    assert {"1.5 กิโล", "1.5 กก.", "1.5 กิโลกรัม"} <= seen["weight"]
    assert seen["phone"] == {"081-234-5678", "0812345678", "081 234 5678"}
