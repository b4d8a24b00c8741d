"""Numbers of people and things as Thai forms ask for them: citizen ids, phones, accounts, plates, prices, sections.

`constraints.thai.identifiers` finds them; Thai and Arabic digits are equal. Where every number of a kind must have
one form, anything that is such a number in another form fails. Ids asked for begin with 9 and so belong to nobody.
E-mail addresses, links and hashtags are here too; letters, addresses and names are in `forms`.
"""

from __future__ import annotations

import random
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params, draw_nothing, whole_number
from constraints.counting import Unit, at_least, exactly
from constraints.shaping import with_text
from constraints.text import arabic_digits
from constraints.thai.identifiers import find_accounts, find_citizen_ids, find_emails, find_phones, find_plates
from constraints.verdict import PASS, Span, Verdict, fail, undecided

__all__ = ["TYPES"]

_IDS = Unit("citizen ids", "เลขประจำตัวประชาชน", "เลข")
_ACCOUNTS = Unit("account numbers like 000-0-00000-0", "เลขที่บัญชี", "เลขที่")
_PRICES = Unit("amounts in digits before บาท", 'จำนวนเงินที่เป็นตัวเลขตามด้วยคำว่า "บาท"', "จำนวน")
_HASHTAGS = Unit("hashtags", "แฮชแท็ก", "แท็ก")
_SECTIONS = Unit("different sections of law", "มาตราที่ไม่ซ้ำกัน", "มาตรา")

_MOBILE = regex.compile(r"0[689]\d[-–‑]\d{3}[-–‑]\d{4}")
_BANGKOK_PHONE = regex.compile(r"02[-–‑]\d{3}[-–‑]\d{4}")
_ABROAD = regex.compile(r"\+66 [689]\d \d{3} \d{4}")
# The shown words of a Markdown link are no link; a domain alone may be one.
_LINK = regex.compile(
    r"https://[^\s/.,]+\.[^\s,()<>\[\]]+|(?P<bad>http://\S|(?<![\w@./\[-])www\.\S)"
    r"|(?P<bare>(?<![\w@./\[-])[A-Za-z0-9-]+\.(?:com|org|net|th|(?:co|ac|go|or|in)\.th)(?![\w@.-]\w))",
    regex.IGNORECASE,
)
_PRICE = regex.compile(r"(?<![\d.,])\d[\d,]*(?:\.\d+)?[ ]?บาท(?!หลวง)")
# Right after Thai or another tag it is one; in C#, F#m or a link it is none.
_HASHTAG = regex.compile(r"(?:(?<![&/#A-Za-z0-9])|(?<=#[\w\p{M}]+))#(?=[\d_]*\p{L})[\p{L}\p{M}\p{N}_]+")
_NUMBER_TAG = regex.compile(r"(?<![&/#\w])#[\p{N}_]+(?![\p{L}\p{N}_])")
_ONLY_HASHTAGS = regex.compile(r"#[\p{L}\p{M}\p{N}_]+(?:[ \t]+#[\p{L}\p{M}\p{N}_]+)*")
_UNDASHED_ACCOUNT = regex.compile(r"(?<![\d-])[1-9]\d{9}(?![\d-])")
_SECTION = regex.compile(r"มาตรา[ ]?(\d+(?:/\d+)?)")


# citizen ids


def _check_id(answer: Answer, written: str, form: str) -> Verdict:
    found = find_citizen_ids(answer.text)
    for citizen in found:
        if citizen.written != written:
            return fail(f"an id is not written as {form}", f"เลขประจำตัวประชาชนไม่ได้เขียนแบบ {form}", citizen.at)
        if citizen.digits[0] != "9" and any(other.digits[0] == "9" for other in found):
            return undecided("another number of 13 digits", "มีเลข 13 หลักอื่นที่อาจไม่ใช่เลขประจำตัวประชาชน", citizen.at)
        if citizen.digits[0] != "9":
            return fail("the id does not begin with 9", "เลขประจำตัวประชาชนไม่ได้ขึ้นต้นด้วย 9", citizen.at)
        if not citizen.valid:
            return fail("the check digit is wrong", "เลขตรวจสอบหลักสุดท้ายไม่ถูกต้อง", citizen.at)
    return exactly(len(found), 1, _IDS)


def _check_citizen_id(answer: Answer, params: Params) -> Verdict:
    return _check_id(answer, "dashed", "0-0000-00000-00-0")


def _check_citizen_id_compact(answer: Answer, params: Params) -> Verdict:
    return _check_id(answer, "compact", "0000000000000")


def _amend_citizen_id(text: str, params: Params, filler: str) -> str:
    return with_text(text, "9-0000-00000-00-4")


def _amend_citizen_id_compact(text: str, params: Params, filler: str) -> str:
    return with_text(text, "9000000000004")


# phones


def _check_phones(answer: Answer, kinds: dict[str, regex.Pattern[str]], form: str) -> Verdict:
    """Every phone of the kinds has the form given for it, and there is one."""
    found = [phone for phone in find_phones(answer.text) if phone.kind in kinds]
    for phone in found:
        if kinds[phone.kind].fullmatch(phone.text) is None:
            return fail(f"a phone number is not written as {form}", f"เบอร์โทรศัพท์ไม่ได้เขียนแบบ {form}", phone.at)
    return PASS if found else fail(f"no phone number like {form}", f"ไม่พบเบอร์โทรศัพท์แบบ {form}")


def _check_mobile_phone(answer: Answer, params: Params) -> Verdict:
    return _check_phones(answer, {"mobile": _MOBILE}, "08X-XXX-XXXX")


def _check_landline_bangkok(answer: Answer, params: Params) -> Verdict:
    return _check_phones(answer, {"home": _BANGKOK_PHONE}, "02-XXX-XXXX")


def _check_international_phone(answer: Answer, params: Params) -> Verdict:
    return _check_phones(answer, {"abroad": _ABROAD, "mobile": _ABROAD, "home": _ABROAD}, "+66 8X XXX XXXX")


def _amend_mobile_phone(text: str, params: Params, filler: str) -> str:
    return with_text(text, "080-000-0000")


def _amend_landline(text: str, params: Params, filler: str) -> str:
    return with_text(text, "02-000-0000")


def _amend_international(text: str, params: Params, filler: str) -> str:
    return with_text(text, "+66 80 000 0000")


def _check_no_personal_data(answer: Answer, params: Params) -> Verdict:
    kinds: tuple[tuple[str, str, list[Span]], ...] = (
        ("an e-mail address", "อีเมล", [at for _, at in find_emails(answer.text)]),
        ("a citizen id", "เลขประจำตัวประชาชน", [citizen.at for citizen in find_citizen_ids(answer.text)]),
        ("a phone number", "เบอร์โทรศัพท์", [phone.at for phone in find_phones(answer.text)]),
    )
    for english, thai, spots in kinds:
        if spots:
            return fail(f"{english} stands in the answer", f"มี{thai}ในคำตอบ", spots[0])
    return PASS


def _amend_nothing(text: str, params: Params, filler: str) -> str:
    return text


# accounts, plates, e-mail, links


def _check_bank_account(answer: Answer, params: Params) -> Verdict:
    found = find_accounts(answer.text)
    verdict = exactly(len(found), 1, _ACCOUNTS, found[-1] if found else None)
    undashed = _UNDASHED_ACCOUNT.search(answer.text)
    if verdict.passed and undashed:
        return undecided("ten digits may be another account", "เลข 10 หลักนี้อาจเป็นเลขที่บัญชีอีกเลขหนึ่ง", undashed.span())
    return verdict


def _amend_bank_account(text: str, params: Params, filler: str) -> str:
    return with_text(text, "000-0-00000-0")


def _check_vehicle_plate(answer: Answer, params: Params) -> Verdict:
    if find_plates(answer.text):
        return PASS
    return fail("no number plate with its province", "ไม่พบทะเบียนรถพร้อมชื่อจังหวัดเต็มตามแบบ")


def _amend_vehicle_plate(text: str, params: Params, filler: str) -> str:
    return with_text(text, "0กก 0000 เชียงใหม่")


def _draw_domain(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"domain": rng.choice(("example.com", "example.org", "example.net", "mail.example.com", "shop.example.org"))}


def _check_email(answer: Answer, params: Params) -> Verdict:
    found = find_emails(answer.text)
    for domain, at in found:
        if domain != params["domain"]:
            return fail(f"an address at {domain}", f"มีอีเมลที่ลงท้ายด้วย @{domain}", at)
    return PASS if found else fail("no e-mail address", "ไม่พบอีเมลในคำตอบ")


def _amend_email(text: str, params: Params, filler: str) -> str:
    return with_text(text, f"info@{params['domain']}")


def _check_url_https(answer: Answer, params: Params) -> Verdict:
    found = list(_LINK.finditer(answer.text))
    for link in found:
        if link["bad"]:
            return fail("a link does not begin with https://", "มีลิงก์ที่ไม่ได้ขึ้นต้นด้วย https://", link.span())
    bare = [link for link in found if link["bare"]]
    if len(bare) == len(found):
        return fail("no link with https://", "ไม่พบลิงก์ที่ขึ้นต้นด้วย https://")
    if bare:
        return undecided("a domain stands without https://", "มีชื่อโดเมนที่ไม่มี https:// นำหน้า", bare[0].span())
    return PASS


def _amend_url(text: str, params: Params, filler: str) -> str:
    return with_text(text, "https://example.com/ ")


# prices, hashtags, sections


def _draw_minimum(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(2, 5)}


def _check_price_baht(answer: Answer, params: Params) -> Verdict:
    return at_least(len(_PRICE.findall(answer.text)), params["minimum"], _PRICES)


def _amend_price(text: str, params: Params, filler: str) -> str:
    return with_text(text, " ".join(f"{10 * (number + 1)} บาท" for number in range(params["minimum"])))


def _draw_count(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(2, 5)}


def _check_hashtags(answer: Answer, params: Params) -> Verdict:
    number = _NUMBER_TAG.search(answer.text)
    if number is not None:
        return undecided(f"{number[0]} may be a hashtag", f"{number[0]} อาจนับเป็นแฮชแท็ก", number.span())
    return exactly(len(_HASHTAG.findall(answer.text)), params["count"], _HASHTAGS)


def _check_hashtags_last_line(answer: Answer, params: Params) -> Verdict:
    last = answer.placed_lines[-1]
    if _ONLY_HASHTAGS.fullmatch(last.text) is None:
        return fail("the last line holds more than hashtags", "บรรทัดสุดท้ายไม่ได้มีเฉพาะแฮชแท็ก", last.at)
    earlier = _HASHTAG.search(answer.text, 0, last.at[0])
    if earlier is not None:
        return fail("a hashtag stands before the last line", "มีแฮชแท็กก่อนบรรทัดสุดท้าย", earlier.span())
    return _check_hashtags(answer, params)


def _amend_hashtags(text: str, params: Params, filler: str) -> str:
    missing = params["count"] - len(_HASHTAG.findall(text))
    return text + "".join(f" #แท็ก{letter}" for letter in "กขคงจฉชซฌญฎฏฐฑฒณดตถทธน"[: max(missing, 0)])


def _amend_hashtags_last_line(text: str, params: Params, filler: str) -> str:
    return _amend_hashtags(_HASHTAG.sub("", text).rstrip() + "\n", params, filler).replace("\n ", "\n")


def _check_law_sections(answer: Answer, params: Params) -> Verdict:
    found = {arabic_digits(number) for number in _SECTION.findall(answer.text)}
    return at_least(len(found), params["minimum"], _SECTIONS)


def _amend_law_sections(text: str, params: Params, filler: str) -> str:
    return with_text(text, " ".join(f"มาตรา {number + 1}" for number in range(params["minimum"])))


_DOMAIN = {"type": "string", "pattern": r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", "maxLength": 60}
_MINIMUM = {"minimum": whole_number(maximum=20)}
_COUNT = {"count": whole_number(maximum=20)}
_SHAPES_WHOLE = frozenset({"layout", "json", "yaml", "csv", "poetry"})

TYPES = (
    ConstraintType("forms.citizen_id", {}, draw_nothing, _check_citizen_id, _amend_citizen_id,
                   rank=1, weight=0.5, thai=True),
    ConstraintType("forms.citizen_id_compact", {}, draw_nothing, _check_citizen_id_compact, _amend_citizen_id_compact,
                   rank=1, weight=0.25, thai=True),
    ConstraintType("forms.mobile_phone", {}, draw_nothing, _check_mobile_phone, _amend_mobile_phone,
                   rank=1, weight=0.5, thai=True),
    ConstraintType("forms.landline_bangkok", {}, draw_nothing, _check_landline_bangkok, _amend_landline,
                   rank=1, weight=0.5, thai=True),
    ConstraintType("forms.international_phone", {}, draw_nothing, _check_international_phone, _amend_international,
                   rank=1, weight=0.5, thai=True),
    ConstraintType("forms.no_personal_data", {}, draw_nothing, _check_no_personal_data, _amend_nothing,
                   rank=1, weight=0.5),
    ConstraintType("forms.bank_account", {}, draw_nothing, _check_bank_account, _amend_bank_account,
                   rank=1, weight=0.25, thai=True),
    ConstraintType("forms.vehicle_plate", {}, draw_nothing, _check_vehicle_plate, _amend_vehicle_plate,
                   rank=1, weight=0.5, thai=True),
    ConstraintType("forms.email", {"domain": _DOMAIN}, _draw_domain, _check_email, _amend_email, rank=1, weight=0.5),
    ConstraintType("forms.url_https", {}, draw_nothing, _check_url_https, _amend_url, rank=1, weight=0.5),
    ConstraintType("forms.price_baht", _MINIMUM, _draw_minimum, _check_price_baht, _amend_price, rank=1, thai=True),
    ConstraintType("forms.hashtags", _COUNT, _draw_count, _check_hashtags, _amend_hashtags),
    ConstraintType("forms.hashtags_last_line", _COUNT, _draw_count, _check_hashtags_last_line,
                   _amend_hashtags_last_line, rank=3, conflicts=_SHAPES_WHOLE),
    ConstraintType("forms.law_sections", _MINIMUM, _draw_minimum, _check_law_sections, _amend_law_sections,
                   rank=1, weight=0.5, thai=True),
)  # fmt: skip
