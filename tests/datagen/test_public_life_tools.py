"""Tools of tax, utilities, law, bookings and reminders against numbers worked out by hand, and what calls leave behind.

Sources: the land tax bands and exemptions of the Land and Building Tax Act 2019 and the royal decree on rates of 2021
(a home of 60 million baht pays 3,000: the Ministry of Finance's own example); the cumulative column of the Revenue
Department's table of income tax (7,500 on 300,000 ... 1,265,000 on 5 million); order Tor Por 4/2528; the tariffs as
the tools' descriptions state them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import combinations, product
from typing import Any

import pytest

from constraints.thai.numbers import in_words
from datagen.domains import goals, shipped_tools
from datagen.domains._booking import earlier_codes, full, unknown_code
from datagen.domains._hospitals import DEPARTMENTS, DOCTORS, HOSPITALS, doctors_free
from datagen.domains._offices import OFFICES, SERVICES
from datagen.domains._ordinance import FEES, ORDINANCE, sections_about
from datagen.domains._reminders_kept import days_reminders, earlier
from datagen.domains._restaurants import RESTAURANTS, TIMES
from datagen.domains._utility_customers import bill_code, customers
from datagen.domains._words_known import BY_ENGLISH, BY_THAI, WORDS
from datagen.domains.law import _NO_SUBJECTS, _SUBJECTS
from datagen.record import canonical_json
from datagen.rng import rng_for
from datagen.scenarios.goal import Drawn
from datagen.scenarios.scenario import at_path
from datagen.tools.execute import execute
from datagen.tools.world import World

MILLION = 1_000_000


@pytest.fixture
def world() -> World:
    return World(11, datetime(2026, 11, 23, 9, 0))  # a Monday


def call(world: World, name: str, **given: Any) -> Any:
    """The result of a call; "!code" where it has none."""
    seen = execute(shipped_tools(), world, name, canonical_json(given))
    return f"!{seen.error}" if seen.error else seen.value


@pytest.mark.parametrize(
    ("use", "millions", "tax"),
    [
        ("main_home", 50, 0),
        ("main_home", 60, 3_000),
        ("main_home", 100, 7_500 + 12_500),
        ("main_home", 120, 7_500 + 12_500 + 20_000),
        ("home_on_others_land", 10, 0),
        ("home_on_others_land", 15, 1_000),
        ("home_on_others_land", 60, 8_000 + 3_000),
        ("home_on_others_land", 110, 8_000 + 7_500 + 12_500 + 10_000),
        ("other_home", 5, 1_000),
        ("other_home", 60, 10_000 + 3_000),
        ("other_home", 150, 10_000 + 7_500 + 12_500 + 50_000),
        ("farm_individual", 50, 0),
        ("farm_individual", 100, 5_000),
        ("farm_company", 100, 7_500 + 7_500),
        ("farm_company", 1_100, 7_500 + 7_500 + 200_000 + 350_000 + 100_000),
        ("commercial", 60, 150_000 + 40_000),
        ("commercial", 300, 150_000 + 600_000 + 500_000),
        ("commercial", 6_000, 150_000 + 600_000 + 4_000_000 + 24_000_000 + 7_000_000),
        ("vacant", 5, 15_000),
    ],
)
def test_land_tax_by_use(world: World, use: str, millions: int, tax: int):
    found = call(world, "calculate_land_building_tax", appraised_value=millions * MILLION, use=use)
    assert found["tax_baht"] == tax


@pytest.mark.parametrize(
    ("years", "percent"),
    [(0, 0.3), (2, 0.3), (3, 0.6), (5, 0.6), (6, 0.9), (26, 2.7), (27, 3.0), (60, 3.0)],
)
def test_vacant_land_costs_more_every_third_year_up_to_three_percent(world: World, years: int, percent: float):
    given = {"appraised_value": 10 * MILLION, "use": "vacant", "vacant_years": years}
    assert call(world, "calculate_land_building_tax", **given)["tax_baht"] == pytest.approx(100_000 * percent)


def test_years_left_vacant_are_for_vacant_land(world: World):
    given = {"appraised_value": MILLION, "use": "commercial", "vacant_years": 3}
    assert call(world, "calculate_land_building_tax", **given) == "!not_applicable"


@pytest.mark.parametrize(
    ("net", "tax"),
    [
        (150_000, 0),
        (200_000, 2_500),
        (300_000, 7_500),
        (500_000, 27_500),
        (750_000, 65_000),
        (1_000_000, 115_000),
        (2_000_000, 365_000),
        (5_000_000, 1_265_000),
        (6_000_000, 1_615_000),
        (150_010.10, 0.51),
    ],
)
def test_income_tax_by_bands(world: World, net: float, tax: float):
    assert call(world, "calculate_income_tax", net_income=net)["tax_baht"] == tax


@pytest.mark.parametrize(
    ("salary", "other", "net"), [(50_000, 9_000, 431_000), (15_000, 0, 30_000), (20_000, 40_000, 40_000), (9_000, 0, 0)]
)
def test_net_income_of_a_salary(world: World, salary: int, other: int, net: int):
    assert call(world, "estimate_net_income", monthly_salary=salary, other_allowances=other)["net_income_baht"] == net


@pytest.mark.parametrize(
    ("amount", "included", "before", "vat", "total"),
    [
        (1_000, False, 1_000, 70, 1_070),
        (107, True, 100, 7, 107),
        (100, True, 93.46, 6.54, 100),
        (59.5, False, 59.5, 4.17, 63.67),
    ],
)
def test_vat(world: World, amount: float, included: bool, before: float, vat: float, total: float):
    found = call(world, "calculate_vat", amount=amount, includes_vat=included)
    assert found == {"before_vat_baht": before, "vat_baht": vat, "total_baht": total}


@pytest.mark.parametrize(
    ("kind", "tax"), [("transport", 100), ("advertising", 200), ("service", 300), ("rent", 500), ("prize", 500)]
)
def test_tax_withheld(world: World, kind: str, tax: int):
    found = call(world, "calculate_withholding_tax", amount=10_000, payment_type=kind)
    assert (found["withheld_baht"], found["paid_out_baht"]) == (tax, 10_000 - tax)


@pytest.mark.parametrize(
    ("form", "year", "due"),
    [
        ("ภ.ง.ด.90", 2025, "2026-03-31"),
        ("ภ.ง.ด.91", 2026, "2027-03-31"),
        ("ภ.ง.ด.94", 2026, "2026-09-30"),
        ("ภ.ง.ด.51", 2026, "2026-08-31"),
        ("ภ.ง.ด.50", 2025, "2026-05-30"),
        ("ภ.ง.ด.50", 2027, "2028-05-29"),  # 2028 has a 29 February
    ],
)
def test_returns_are_due(world: World, form: str, year: int, due: str):
    assert call(world, "get_tax_filing_deadline", form=form, tax_year=year)["due_date"] == due


@pytest.mark.parametrize(
    ("tool", "units", "total"),
    [
        ("electricity", 100, 374.5),  # (325 + 25) x 1.07
        ("electricity", 150, 548.38),  # (487.50 + 25) x 1.07 = 548.375
        ("electricity", 200, 775.75),  # (487.50 + 212.50 + 25) x 1.07
        ("electricity", 500, 2_166.75),  # (487.50 + 1062.50 + 450 + 25) x 1.07
        ("water", 20, 208.65),  # (170 + 25) x 1.07
        ("water", 45, 492.2),  # (255 + 180 + 25) x 1.07
        ("water", 100, 1_326.8),  # (255 + 360 + 600 + 25) x 1.07
    ],
)
def test_bills_by_hand(world: World, tool: str, units: int, total: float):
    assert call(world, f"calculate_{tool}_bill", units=units)["total_baht"] == total


def test_a_bill_is_what_its_units_cost_and_is_paid_once(world: World):
    customer = customers(world, "water")[0]
    bill = call(world, "get_utility_bill", service="water", customer_number=customer)
    assert bill["amount_baht"] == call(world, "calculate_water_bill", units=bill["units"])["total_baht"]
    assert not bill["paid"]
    assert call(world, "pay_utility_bill", bill_code=bill["bill_code"])["amount_baht"] == bill["amount_baht"]
    assert call(world, "pay_utility_bill", bill_code=bill["bill_code"]) == "!already_paid"
    assert call(world, "get_utility_bill", service="water", customer_number=customer)["paid"]
    assert call(world, "get_utility_bill", service="electricity", customer_number=customer) == "!not_found"


def test_every_customer_has_a_bill_of_their_own():
    for seed in range(50):
        world = World(seed, datetime(2026, 1, 5))
        known = [(service, each) for service in ("electricity", "water") for each in customers(world, service)]
        assert len({number for _, number in known}) == len({bill_code(world, *each) for each in known}) == 12
        assert all(len(number) == 10 for _, number in known)


def test_a_reported_outage_has_a_status(world: World):
    code = call(world, "report_outage", service="water", place="ตลาดสดบ้านกลาง")["report_code"]
    assert call(world, "get_outage_status", report_code=code)["expected_time"]
    assert call(world, "get_outage_status", report_code=unknown_code(rng_for(1, "x", "y"), world, "OR")) == "!not_found"


def test_the_fine_in_a_section_is_the_one_in_its_words():
    for section in ORDINANCE:
        worded = f"ปรับไม่เกิน{in_words(section.fine)}บาท"
        assert (worded in section.text) == bool(section.fine), section.number
        assert section.fine or "ปรับ" not in section.text
        assert len(section.text) <= 400
    assert [section.number for section in ORDINANCE] == list(range(1, len(ORDINANCE) + 1))
    assert len({section.fine for section in ORDINANCE if section.fine}) >= 15


def test_every_way_to_search_a_subject_finds_its_section_first():
    firsts = {subject: sections_about(subject)[0] for subject in _SUBJECTS}
    for subject, words in _SUBJECTS.items():
        assert firsts[subject].fine
        for word in words:
            assert word in subject
            assert sections_about(word)[0] is firsts[subject], word
    assert not [word for subject, words in _NO_SUBJECTS.items() for word in (subject, *words) if sections_about(word)]
    subjects = [each for section in ORDINANCE for each in section.subjects]
    assert len(subjects) == len(set(subjects))


def test_fees_are_per_unit(world: World):
    assert call(world, "calculate_ordinance_fee", fee="stall", quantity=4)["fee_baht"] == 360
    assert call(world, "calculate_ordinance_fee", fee="household_waste", quantity=12)["fee_baht"] == 480
    assert set(FEES) == set(shipped_tools()["calculate_ordinance_fee"].parameters["properties"]["fee"]["enum"])


def test_words_of_the_dictionary_are_each_there_once():
    assert len(BY_THAI) == len(BY_ENGLISH) == len(WORDS) >= 50
    assert not [word.thai for word in WORDS if word.thai in word.synonyms or word.thai in word.meaning.split()]
    assert not [word.english for word in WORDS if not word.english.isascii()]


@pytest.mark.parametrize(
    ("noun", "classifier"),
    [("ร่ม", "คัน"), ("เลื่อย", "ปื้น"), ("ขลุ่ย", "เลา"), ("แห", "ปาก"), ("มุ้ง", "หลัง"), ("พระภิกษุ", "รูป"), ("เรือ", "ลำ")],
)
def test_classifiers_as_taught_at_school(world: World, noun: str, classifier: str):
    assert call(world, "get_classifier", noun=noun)["classifier"] == classifier


def test_a_word_that_is_not_there_or_not_counted(world: World):
    assert call(world, "get_classifier", noun="สวย") == "!no_classifier"
    assert call(world, "find_synonyms", word="ร่ม") == "!no_synonyms"
    assert call(world, "translate_to_thai", word="Umbrella") == {"english": "umbrella", "thai": "ร่ม"}
    assert call(world, "translate_to_thai", word="ร่ม") == "!invalid_arguments"


def test_the_best_restaurant_of_a_search_is_the_only_best():
    for one, other in combinations(RESTAURANTS, 2):
        assert (one.area, one.cuisine, one.rating) != (other.area, other.cuisine, other.rating)
        assert one.name != other.name


def test_a_table_is_booked_only_where_one_is_free_and_cancelled_once(world: World):
    days = [(world.now.date() + timedelta(days=each)).isoformat() for each in range(1, 31)]
    name = RESTAURANTS[0].name
    taken = {
        (day, time): full(world, "table", name, datetime.fromisoformat(day).date(), time)
        for day in days
        for time in TIMES
    }
    assert 0.1 < sum(taken.values()) / len(taken) < 0.3
    for (day, time), is_full in list(taken.items())[:120]:
        found = call(world, "book_restaurant_table", restaurant=f"ร้าน{name}", date=day, time=time, people=2)
        assert (found == "!fully_booked") == is_full
    code = world.state["restaurant_bookings"][0]["code"]
    assert len({row["code"] for row in world.state["restaurant_bookings"]}) == len(world.state["restaurant_bookings"])
    assert call(world, "cancel_restaurant_booking", booking_code=code)["status"] == "cancelled"
    assert call(world, "cancel_restaurant_booking", booking_code=code) == "!already_cancelled"
    assert world.state["restaurant_bookings"][0]["status"] == "cancelled"


@pytest.mark.parametrize(
    ("day", "time", "ends"),
    [
        ("2026-11-23", "18:00", "!out_of_range"),  # today
        ("2026-12-24", "18:00", "!out_of_range"),
        ("2026-11-31", "18:00", "!invalid_date"),
        ("2026-11-25", "18:15", "!closed"),
        ("2026-11-25", "25:00", "!invalid_arguments"),
        ("2569-11-25", "18:00", "!invalid_arguments"),
    ],
)
def test_what_no_table_can_be_booked_for(world: World, day: str, time: str, ends: str):
    given = {"restaurant": RESTAURANTS[0].name, "date": day, "time": time, "people": 2}
    assert call(world, "book_restaurant_table", **given) == ends
    assert world.snapshot() == "{}"


@pytest.mark.parametrize(
    ("tool", "prefix", "key"),
    [
        ("cancel_restaurant_booking", "RB", "booking_code"),
        ("cancel_doctor_appointment", "AP", "appointment_code"),
        ("cancel_office_appointment", "GA", "appointment_code"),
    ],
)
def test_bookings_from_before_can_be_cancelled(world: World, tool: str, prefix: str, key: str):
    code = earlier_codes(world, prefix)[3]
    assert call(world, tool, **{key: code}) == {key: code, "status": "cancelled"}
    assert call(world, tool, **{key: code}) == "!already_cancelled"
    assert call(world, tool, **{key: unknown_code(rng_for(1, "x", "y"), world, prefix)}) == "!not_found"


def test_doctors_have_names_of_their_own_and_are_never_free_first_together(world: World):
    assert len(DOCTORS) == 2 * len(HOSPITALS) * len(DEPARTMENTS)
    for hospital in HOSPITALS:
        for department in DEPARTMENTS:
            free = doctors_free(world, hospital, department, "2026-11-30")
            assert free == sorted(free)
            assert len({time for time, _ in free}) == len(free) > 0


def test_a_queue_ticket_has_people_ahead_of_it(world: World):
    code = call(world, "take_queue_ticket", hospital=HOSPITALS[0], department="จักษุ")["ticket_code"]
    seen = call(world, "get_queue_status", ticket_code=code)
    assert seen["wait_minutes"] == 6 * seen["people_ahead"] > 0


def test_a_province_has_one_office_for_each_service():
    offered = [(office.province, service) for office in OFFICES for service in office.services]
    assert len(offered) == len(set(offered)) == len({office.province for office in OFFICES}) * len(SERVICES)


@pytest.mark.parametrize(
    ("service", "day", "ends"),
    [("passport", "2026-11-25", "!not_offered"), ("id_card_replacement", "2026-11-28", "!closed")],  # a Saturday
)
def test_an_office_does_its_own_business_on_working_days(world: World, service: str, day: str, ends: str):
    given = {"service": service, "office": OFFICES[0].name, "date": day, "time": "10:00"}
    assert call(world, "book_office_appointment", **given) == ends


def test_reminders_are_listed_moved_and_deleted(world: World):
    day, quiet = next(iter(earlier(world))), "2026-12-31"
    (before,) = call(world, "list_reminders", date=day)["reminders"]
    made = call(world, "create_reminder", title="จ่ายค่าไฟ", date=day, time="06:30")
    assert [row["title"] for row in call(world, "list_reminders", date=day)["reminders"]] == [
        "จ่ายค่าไฟ",
        before["title"],
    ]
    assert (
        call(world, "move_reminder", reminder_code=before["code"], date=quiet, time="08:00")["title"] == before["title"]
    )
    assert [row["code"] for row in call(world, "list_reminders", date=quiet)["reminders"]] == [before["code"]]
    assert call(world, "delete_reminder", reminder_code=made["reminder_code"])["status"] == "deleted"
    assert call(world, "list_reminders", date=day)["reminders"] == []
    assert call(world, "delete_reminder", reminder_code=made["reminder_code"]) == "!not_found"
    assert days_reminders(world, "2031-01-01") == []


def test_nothing_is_set_for_a_moment_that_has_passed(world: World):
    assert call(world, "create_reminder", title="x", date="2026-11-23", time="09:00") == "!in_the_past"
    assert "reminder_code" in call(world, "create_reminder", title="x", date="2026-11-23", time="09:01")


def test_a_note_saved_is_the_one_that_is_opened(world: World):
    before = call(world, "find_note", title="ทะเบียนรถ")["text"]
    call(world, "save_note", title="ทะเบียนรถ", text="ขก 1234")
    assert call(world, "find_note", title="ทะเบียนรถ")["text"] == "ขก 1234" != before


def _results(drawn: Drawn, world: World) -> list[str]:
    """What the calls of a goal return in that world, `$from` resolved and the first of `$any` taken."""
    seen: list[Any] = []
    for wanted in drawn.calls:
        given = {
            name: at_path(seen[value["$from"][0]].value, value["$from"][1])
            if isinstance(value, dict) and "$from" in value
            else value["$any"][0]
            if isinstance(value, dict)
            else value
            for name, value in wanted.arguments.items()
        }
        seen.append(execute(shipped_tools(), world, wanted.name, canonical_json(given)))
    return [each.content for each in seen]


@pytest.mark.parametrize(
    "domain", ["tax", "restaurant", "hospital", "law", "dictionary", "utilities", "government", "reminders"]
)
def test_what_one_goal_changes_no_other_goal_looks_at(domain: str):
    """Scenarios put goals of one world together: a result that depended on their order could not be asked for."""
    mine = [goal for goal in goals() if goal.domain == domain and not goal.fails]
    for seed in range(12):
        now = datetime(2026, 11, 23, 9, 0)
        draws = {goal.id: goal.draw(rng_for(seed, "test", goal.id), World(seed, now)) for goal in mine}
        writes = {
            name for name, drawn in draws.items() if any(shipped_tools()[each.name].writes for each in drawn.calls)
        }
        for writer, reader in product(sorted(writes), sorted(draws.keys() - writes)):
            world = World(seed, now)
            _results(draws[writer], world)
            assert _results(draws[reader], world) == _results(draws[reader], World(seed, now)), (writer, reader)
