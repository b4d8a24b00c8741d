"""Thai ids, phones, plates and addresses: the check digit by another formula, finders by what they must not find."""

from __future__ import annotations

import itertools
import random

import pytest
from pythainlp.corpus import provinces

from constraints.thai.identifiers import (
    POSTCODES,
    citizen_check_digit,
    find_accounts,
    find_addresses,
    find_bangkok_addresses,
    find_citizen_ids,
    find_emails,
    find_phones,
    find_plates,
)


def test_the_check_digit_by_running_sums() -> None:
    """Adding up the running sums weighs the digits 12 down to 1; their sum once more makes it 13 down to 2."""
    rng = random.Random(0)
    for _ in range(200):
        digits = [rng.randrange(10) for _ in range(12)]
        weighted = sum(itertools.accumulate(digits)) + sum(digits)
        assert citizen_check_digit("".join(map(str, digits))) == (1 - weighted % 11) % 10


def test_ids_are_found_in_every_writing() -> None:
    found = find_citizen_ids("9-0000-00000-00-4 9000000000004 9 0000 00000 00 4 ๙-๐๐๐๐-๐๐๐๐๐-๐๐-๕ 90000000000044")
    assert [(citizen.written, citizen.valid) for citizen in found] == [
        ("dashed", True),
        ("compact", True),
        ("spaced", True),
        ("dashed", False),
    ]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("080-000-0000", ["mobile"]), ("0800000000", ["mobile"]), ("๐๘๐ ๐๐๐ ๐๐๐๐", ["mobile"]),
        ("02-000-0000", ["home"]),
        ("(02) 000-0000", ["home"]), ("053-000-000", ["home"]), ("+66 80 000 0000", ["abroad"]),
        ("+66 (0)800000000", ["abroad"]),
        ("191 1669 1,000,000,000 0.123456789 12/08/2567 9000000000004", []), ("02-000-0000 10 วัน", ["home"]),
    ],
)  # fmt: skip
def test_phones(text: str, kinds: list[str]) -> None:
    assert [phone.kind for phone in find_phones(text)] == kinds


def test_every_province_has_its_postcodes() -> None:
    assert set(POSTCODES) == set(provinces())
    assert len(set(POSTCODES.values())) == len(POSTCODES) - 1  # สมุทรปราการ shares those of Bangkok


def test_plates_accounts_and_mail() -> None:
    assert len(find_plates("1กข 234 ขอนแก่น กข 5 ตาก ทะเบียนกค 99 เลย")) == 3
    assert find_plates("มาก 20 ตาก 1ก 2 ตาก 1กข234 ตาก 1กข 234 แดนไกล") == []
    assert find_accounts("123-4-56789-0 1123-4-56789-0 123-4-56789-01") == [(0, 13)]
    assert [domain for domain, _ in find_emails("ส่งa.b+1@Example.com. หรือ @example.org")] == ["example.com"]


def test_addresses_need_all_parts_in_order() -> None:
    whole = "บ้านเลขที่ 9/1 หมู่ 2 ต.มะม่วง อ.เมือง จ.ตาก 63000"
    assert list(find_addresses(whole)) == ["63000"]
    for part in ("เลขที่ 9/1", "ต.", "อ.", "จ.", "63000"):
        assert not list(find_addresses(whole.replace(part, "")))
    bangkok = "เลขที่ 9 แขวงส้ม เขตลำไย กรุงเทพมหานคร ๑๐๐๐๐"
    assert list(find_bangkok_addresses(bangkok)) == ["10000"]
    assert list(find_addresses(bangkok)) == ["๑๐๐๐๐"]
    assert not list(find_bangkok_addresses(bangkok.replace("มหานคร", "ฯ")))
