"""Personal data of people in Thailand, as far as a program can tell it from other text without many false alarms.

Covers citizen ids (with check digit and province), phone numbers, e-mail addresses, bank accounts, payment cards,
passports, home addresses, LINE ids, number plates. Does not find names, nor what only the context makes personal. Ids
of companies (they begin with 0), ids that are given to nobody (they begin with 9), names reserved for examples
(example.com, .test) and card numbers for testing are none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import regex

from constraints.thai.identifiers import (
    POSTCODES,
    find_accounts,
    find_citizen_ids,
    find_emails,
    find_phones,
    find_plates,
)

__all__ = ["find_personal_data"]

_WORD = regex.compile(r"[A-Za-z0-9_]")
_GOES_ON = regex.compile(r"[A-Za-z0-9_]|[.,]\d")
_PROVINCES = frozenset(POSTCODES.values())  # a citizen id has the code of a province at its second place
_RESERVED = regex.compile(r"(?:^|\.)(?:example(?:\.(?:com|net|org|co\.th))?|test|invalid|localhost|local)$")
_SERVICES = ("git", "noreply", "no-reply")  # git@github.com is an address of a server
_LOCAL_PART, _DOMAIN = 80, 255  # characters before and after the sign
_AT = regex.compile(
    r"(?i)\b([a-z0-9][\w.+-]{1,40})\s?[\[({]?\s?(?:\bat\b|แอท)\s?[\])}]?\s?([a-z0-9-]{2,30})"
    r"\s?[\[({]\s?(?:dot|ดอท|จุด)\s?[\])}]\s?([a-z]{2,6})\b"
)
_DOTTED = regex.compile(r"(?<![\d.])0[689]\d\.\d{3}\.\d{4}(?![\d.]*\d)")
_ABROAD = regex.compile(r"(?<![\d+*/=-])(?<!\d )\+\d[\d() -]{8,18}\d(?!\d)")
_ACCOUNT = regex.compile(
    r"(?:เลขที่?บัญชี|หมายเลขบัญชี|เลขบัญชี|บัญชีธนาคาร|บัญชีออมทรัพย์|ธ\.|ธนาคาร|(?i:\baccount (?:no|number)\b|\ba/c\b))"
    r"[^\n\d]{0,40}?(?<!\d)(\d(?:[- ]?\d){9,11})(?!\d|,\d|\.\d| บาท)"
)
_CARD = regex.compile(r"(?<![\d.-])[2-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{4}(?![\d.]*\d)")
_TEST_CARDS = frozenset({"4111111111111111", "4242424242424242", "5555555555554444", "5105105105105100"})
_PASSPORT = regex.compile(
    r"(?:หนังสือเดินทาง|พาสปอร์ต|(?i:\bpassport))[^\n\d]{0,30}?(?<![A-Za-z])([A-Z]{1,2}[ ]?\d{6,7})(?![A-Za-z\d])"
)
_PERSON = r"(?:บ้านเลขที่|ที่อยู่|(?:นางสาว|นาง|นาย|น\.ส\.|ด\.ช\.|ด\.ญ\.|คุณ)[ ]?\p{Thai}{2,}|ผู้รับ|ผู้ส่ง)"
_PLACE = (
    r"(?<![\d/,.])\d{1,5}(?:/\d{1,5})?(?![\d,.])[^\n\d]{0,30}?(?:(?:หมู่|ม\.|ซอย|ซ\.)[^\n]{0,40}?)?[^\n]{0,60}?"
    r"(?:(?:ตำบล|ต\.)[ ]?\p{Thai}{2,20}[ ,]{1,3}(?:อำเภอ|อ\.)[ ]?\p{Thai}{2,20}[ ,]{1,3}"
    r"(?:จังหวัด|จ\.)?[ ]?\p{Thai}{2,20}|แขวง[ ]?\p{Thai}{2,20}[ ,]{1,3}เขต[ ]?\p{Thai}{2,20}[ ,]{1,3}(?:กรุงเทพ|กทม))"
)
_HOME = regex.compile(rf"{_PERSON}[^\n]{{0,80}}?({_PLACE})")
_LINE_ID = regex.compile(
    r"(?:(?:ไลน์|\bLINE|\bLine)[ ]?(?:ไอดี|ID|Id|id)|(?:ไอดี|ID)[ ]?(?:ไลน์|LINE|Line)|แอดไลน์)(?:[ ]?(?:คือ|[:=]))?[ ]{0,2}"
    r"(?P<id>[a-zA-Z0-9][a-zA-Z0-9._-]{3,19})(?![\w@])"
)
_PLATE = regex.compile(r"ทะเบียน(?:รถ)?(?:ยนต์)?[ :]{0,3}(?:เลขที่[ ]?)?(\d?[ก-ฮ]{1,3}[ -]?\d{1,4})(?!\d)")


def find_personal_data(text: str) -> Iterator[tuple[str, str]]:
    """Kind and value of each; a value of digits has nothing but its digits. `text`: with Arabic digits.

    >>> list(find_personal_data("เลขบัตร 1-1017-00230-70-8 โทร. 081 234 5678"))
    [('citizen id', '1101700230708'), ('phone', '0812345678')]
    """
    for kind, find in _FINDERS.items():
        for value in find(text):
            yield kind, value


def _citizen_ids(text: str) -> Iterator[str]:
    for found in find_citizen_ids(text):
        digits = found.digits
        if found.valid and digits[0] in "12345678" and digits[1:3] in _PROVINCES and _alone(text, found.at):
            yield digits


def _phones(text: str) -> Iterator[str]:
    for found in find_phones(text):
        if found.kind != "abroad" and _alone(text, found.at):
            yield _digits(found.text)
    for match in _DOTTED.finditer(text):
        yield _digits(match[0])
    for match in _ABROAD.finditer(text):
        digits = _digits(match[0])
        if 10 <= len(digits) <= 15:
            yield "0" + digits[2:].removeprefix("0") if digits.startswith("66") else "+" + digits


def _emails(text: str) -> Iterator[str]:
    for sign in regex.finditer("@", text):  # near each sign only: over a long word the pattern takes quadratic time
        first = max(0, sign.start() - _LOCAL_PART)
        near = text[first : sign.end() + _DOMAIN]
        for domain, (start, end) in find_emails(near):
            name, _, _ = near[start:end].lower().partition("@")
            in_address = "://" in near[:start].rpartition(" ")[2]  # user:password@host is a secret's, no mailbox
            if start + len(name) + first == sign.start() and not in_address and _belongs_to_somebody(name, domain):
                yield near[start:end].lower()
    for match in _AT.finditer(text):
        domain = f"{match[2]}.{match[3]}".lower()
        if _belongs_to_somebody(match[1].lower(), domain):
            yield f"{match[1]}@{domain}".lower()


def _belongs_to_somebody(name: str, domain: str) -> bool:
    return name not in _SERVICES and not _RESERVED.search(domain)


def _accounts(text: str) -> Iterator[str]:
    found = {_digits(text[start:end]) for start, end in find_accounts(text)}
    found |= {_digits(match[1]) for match in _ACCOUNT.finditer(text)}
    return (digits for digits in sorted(found) if not regex.fullmatch(r"0[689]\d{8}|(\d)\1+", digits))


def _cards(text: str) -> Iterator[str]:
    for match in _CARD.finditer(text):
        digits = _digits(match[0])
        if _luhn(digits) and digits not in _TEST_CARDS and _alone(text, match.span()):
            yield digits


def _line_ids(text: str) -> Iterator[str]:
    for match in _LINE_ID.finditer(text):
        if regex.search(r"[A-Za-z]", match["id"]):
            yield match["id"].lower().rstrip(".")


def _plates(text: str) -> Iterator[str]:
    for start, end in find_plates(text):
        yield "".join(text[start:end].split()[:2])
    for match in _PLATE.finditer(text):
        yield regex.sub(r"[ -]", "", match[1])


_FINDERS: Mapping[str, Callable[[str], Iterator[str]]] = {
    "citizen id": _citizen_ids,
    "phone": _phones,
    "e-mail": _emails,
    "bank account": _accounts,
    "payment card": _cards,
    "passport": lambda text: (match[1].replace(" ", "") for match in _PASSPORT.finditer(text)),
    "home address": lambda text: (match[1] for match in _HOME.finditer(text)),
    "LINE id": _line_ids,
    "number plate": _plates,
}


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _alone(text: str, at: tuple[int, int]) -> bool:
    """Whether what stands there is no part of a longer word or number: a hash, an amount."""
    start, end = at
    return not (start and _WORD.match(text, start - 1)) and not _GOES_ON.match(text, end)


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0
