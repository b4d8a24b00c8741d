"""Given arguments against expected ones: whether they are the same, and if not, what kind of mistake it is.

Numbers are equal as numbers (5 and 5.0), texts after normalising and with white space alike. `$any` takes any of its
values, `$from` what the earlier call returned in this very run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import regex

from constraints import normalise
from datagen.proof.mentions import readable
from datagen.proof.reasons import Finding
from datagen.scenarios.scenario import ExpectedCall, at_path

__all__ = ["Results", "compact", "difference", "fits", "leaves", "same", "sources_of"]

Results = Mapping[int, Any]
"""Number of an expected call -> what it returned in this run."""

ERA_OFFSET = 543
_BUDDHIST_YEARS = range(2400, 2700)
_ISO_DATE = regex.compile(r"(\d{4})(-\d{2}-\d{2})")
_YEAR = regex.compile(r"(?<!\d)\d{4}(?!\d)")
_THAI = regex.compile(r"\p{Thai}")
_BLANK = regex.compile(r"\s+")
_ABSENT = object()


def compact(text: str) -> str:
    """`text` as it reads, without white space: two spellings that a reader takes for one are equal."""
    return "".join(readable(text).split())


def fits(expected: ExpectedCall, given: Mapping[str, Any], results: Results) -> bool:
    """Whether these are the expected arguments."""
    return all(key in given for key in expected.arguments) and all(
        same(_wanted(expected, key), value, results) for key, value in given.items()
    )


def same(wanted: Any, given: Any, results: Results) -> bool:
    """Whether one value is the expected one."""
    if wanted is _ABSENT:
        return False
    if isinstance(wanted, dict):
        if "$any" in wanted:
            return any(same(each, given, results) for each in wanted["$any"])
        if "$from" in wanted:
            return _same_as_returned(wanted["$from"], given, results)
        return (
            isinstance(given, dict)
            and wanted.keys() == given.keys()
            and all(same(wanted[key], given[key], results) for key in wanted)
        )
    if isinstance(wanted, list | tuple):
        return (
            isinstance(given, list)
            and len(wanted) == len(given)
            and all(same(one, other, results) for one, other in zip(wanted, given, strict=True))
        )
    if isinstance(wanted, bool) or isinstance(given, bool):
        return wanted is given
    if isinstance(wanted, int | float):
        return isinstance(given, int | float) and wanted == given
    if isinstance(wanted, str):
        return isinstance(given, str) and (wanted == given or _squeezed(wanted) == _squeezed(given))
    return wanted is given


def _same_as_returned(source: Any, given: Any, results: Results) -> bool:
    call, path = source
    if call not in results:
        return False
    try:
        return same(at_path(results[call], path), given, {})
    except (LookupError, TypeError, ValueError):
        return False


def _squeezed(text: str) -> str:
    return _BLANK.sub(" ", normalise(text)).strip()


def sources_of(value: Any) -> Iterator[int]:
    """Numbers of the calls that an expected value comes from."""
    if isinstance(value, dict):
        if "$from" in value:
            yield value["$from"][0]
        else:
            for each in value.values():
                yield from sources_of(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from sources_of(each)


def leaves(value: Any) -> Iterator[Any]:
    """Every single value within, the alternatives of `$any` included; `$from` has none of its own."""
    if isinstance(value, dict):
        if "$from" not in value:
            for each in value.values():
                yield from leaves(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from leaves(each)
    else:
        yield value


def _wanted(expected: ExpectedCall, key: str) -> Any:
    return expected.arguments.get(key, expected.optional.get(key, _ABSENT))


def difference(
    expected: ExpectedCall,
    given: Mapping[str, Any],
    results: Results,
    others: list[Any],
    invalid: bool,
    stands: Callable[[str, str], bool],
) -> Finding | None:
    """The most telling difference; None where there is none.

    `others`: expected values of other calls. `invalid`: the schema refused the arguments. `stands`: whether an
    argument of that name may hold the text, since it stands in the conversation before the call or is one of a choice.
    """
    wrong = [key for key, value in given.items() if not same(_wanted(expected, key), value, results)]
    for key in wrong:
        if _era_mistaken(list(_resolved(_wanted(expected, key), results)), given[key]):
            return _finding("wrong_era", expected, key, given)
    for key in wrong:
        elsewhere = [value for other, value in expected.arguments.items() if other != key]
        if _telling(given[key]) and any(same(value, given[key], results) for value in _flat([*elsewhere, *others])):
            return _finding("swapped_entity", expected, key, given)
    for key in wrong:
        if key not in expected.arguments:
            return _finding("invented_argument", expected, key, given)
    for key in expected.arguments:
        if key not in given:
            return Finding("missing_argument", f"{expected.name}: {key} is left out")
    if invalid:
        return Finding("invalid_arguments", f"{expected.name}: the schema refuses {str(dict(given))[:120]}")
    for key in wrong:
        if any(_THAI.search(leaf) and not stands(key, leaf) for leaf in leaves(given[key]) if isinstance(leaf, str)):
            return _finding("not_verbatim", expected, key, given)
    return _finding("wrong_argument", expected, wrong[0], given) if wrong else None


def _finding(reason: str, expected: ExpectedCall, key: str, given: Mapping[str, Any]) -> Finding:
    wanted = _wanted(expected, key)
    instead = "" if wanted is _ABSENT else f" in place of {str(wanted)[:80]!r}"
    return Finding(reason, f"{expected.name}: {key[:40]} is {str(given[key])[:80]!r}{instead}")


def _flat(values: list[Any]) -> Iterator[Any]:
    """The values, and `$any` and lists taken apart."""
    for value in values:
        yield value
        yield from leaves(value)


def _telling(value: Any) -> bool:
    """Whether an equal value elsewhere says that two were swapped: true and small counts are equal by chance."""
    if isinstance(value, bool) or value is None:
        return False
    return not isinstance(value, int | float) or abs(value) > 9


def _resolved(wanted: Any, results: Results) -> Iterator[Any]:
    if isinstance(wanted, dict) and "$from" in wanted:
        call, path = wanted["$from"]
        try:
            yield at_path(results[call], path)
        except (LookupError, TypeError, ValueError):
            return
    elif wanted is not _ABSENT:
        yield from leaves(wanted)


def _era_mistaken(wanted: list[Any], given: Any) -> bool:
    return any(_other_era(one, given) for one in wanted)


def _other_era(wanted: Any, given: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(given, bool):
        return False
    if isinstance(wanted, int | float) and isinstance(given, int | float):
        return math.isfinite(given) and wanted > 1000 and abs(wanted - given) == ERA_OFFSET
    if not (isinstance(wanted, str) and isinstance(given, str)):
        return False
    day, other = _ISO_DATE.match(wanted), _ISO_DATE.match(given)
    if day and other and day[2] == other[2]:
        return abs(int(day[1]) - int(other[1])) == ERA_OFFSET
    if day and int(day[1]) not in _BUDDHIST_YEARS:
        return any(int(year) in _BUDDHIST_YEARS for year in _YEAR.findall(given))
    return wanted.isdecimal() and given.isdecimal() and len(given) == 4 and abs(int(wanted) - int(given)) == ERA_OFFSET
