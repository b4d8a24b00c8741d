"""The parts every checker stands on: an answer's views and spans, verdicts, counts, building, describing, shaping."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from constraints import (
    PASS,
    Answer,
    BadParameters,
    Outcome,
    UnknownConstraint,
    build,
    check,
    describe,
    fail,
    get,
    phrasings,
    types,
    undecided,
)
from constraints.catalogue import entry, family_texts
from constraints.constraint_type import (
    BAND,
    ConstraintType,
    draw_nothing,
    minimum_not_above_maximum,
    quoted_list,
    show_values,
    text_value,
    texts_value,
    whole_number,
)
from constraints.counting import CHARACTERS, LINES, Unit, at_least, at_most, exactly, in_doubt, within
from constraints.shaping import each_line, lengthened, paragraphs_of, shown_lines, with_lines, with_text


class TestVerdict:
    def test_three_outcomes_and_no_truth_value(self) -> None:
        assert [v.passed for v in (PASS, fail("x"), undecided("x"))] == [True, False, False]
        with pytest.raises(TypeError, match="three outcomes"):
            bool(PASS)

    def test_what_is_told_is_kept(self) -> None:
        assert (fail("x", "ก", (1, 2)).thai, fail("x", "ก", (1, 2)).at) == ("ก", (1, 2))
        assert undecided("x", "ก", (1, 2)).outcome is Outcome.UNDECIDED
        assert fail("x").outcome is Outcome.FAIL


class TestCounting:
    @pytest.mark.parametrize(("found", "passes"), [(2, False), (3, True), (4, False)])
    def test_exactly(self, found: int, passes: bool) -> None:
        assert exactly(found, 3, LINES).passed is passes

    @pytest.mark.parametrize(("found", "passes"), [(2, False), (3, True), (4, True)])
    def test_at_least(self, found: int, passes: bool) -> None:
        assert at_least(found, 3, LINES).passed is passes

    @pytest.mark.parametrize(("found", "passes"), [(2, True), (3, True), (4, False)])
    def test_at_most(self, found: int, passes: bool) -> None:
        assert at_most(found, 3, LINES).passed is passes

    @pytest.mark.parametrize(("found", "passes"), [(1, False), (2, True), (3, True), (4, False)])
    def test_within(self, found: int, passes: bool) -> None:
        assert within(found, 2, 3, LINES).passed is passes

    @pytest.mark.parametrize(
        ("fewest", "most", "outcome"),
        [(3, 3, "PASS"), (2, 2, "FAIL"), (2, 3, "UNDECIDED"), (3, 4, "UNDECIDED"), (4, 5, "FAIL"), (2, 4, "UNDECIDED")],
    )
    def test_a_count_in_doubt(self, fewest: int, most: int, outcome: str) -> None:
        assert in_doubt(fewest, most, lambda found: exactly(found, 3, LINES)).outcome == outcome

    def test_words_in_both_languages(self) -> None:
        verdict = within(9, 2, 3, Unit("bullets", "หัวข้อย่อย", "ข้อ"), (4, 5))
        assert verdict == fail("9 bullets, wanted 2 to 3", "มีหัวข้อย่อย 9 ข้อ ต้องการ 2 ถึง 3 ข้อ", (4, 5))
        assert at_least(1, 2, CHARACTERS).thai == "มี 1 ตัวอักษร ต้องการอย่างน้อย 2 ตัวอักษร"


class TestAnswer:
    def test_given_is_as_written_and_raw_is_normalised(self) -> None:
        answer = Answer("น\u0e4d\u0e49\u0e32\r\n")
        assert (answer.given, answer.raw, answer.text) == ("น\u0e4d\u0e49\u0e32\r\n", "น้ำ\n", "น้ำ")

    def test_lines_have_their_places(self) -> None:
        answer = Answer("\n\n  **ฝนตก** \n\n- แดดออก\nลม")
        assert answer.lines == ["ฝนตก", "- แดดออก", "ลม"]
        assert [answer.text[slice(*line.at)] for line in answer.placed_lines] == answer.lines

    def test_paragraphs_have_their_places(self) -> None:
        answer = Answer("ก\nข\n\n \n\nก\n\nก")
        assert answer.paragraphs == ["ก\nข", "ก", "ก"]
        assert [answer.text[slice(*block.at)] for block in answer.placed_paragraphs] == answer.paragraphs
        assert len({block.at for block in answer.placed_paragraphs}) == 3

    def test_words_have_their_places(self) -> None:
        answer = Answer("แมว กินปลา! ปลา")
        for engine in ("newmm", "nlpo3"):
            placed = list(answer.placed_words(engine))
            assert tuple(word.text for word in placed) == answer.words(engine) == ("แมว", "กิน", "ปลา", "ปลา")
            assert [answer.text[slice(*word.at)] for word in placed] == [word.text for word in placed]

    def test_raw_lines_are_found_in_the_plain_text(self) -> None:
        answer = Answer("\n\n**ก**\n```\nข\n```\nค")
        assert [answer.text[slice(*answer.at_raw_line(number))] for number in (2, 4, 6)] == ["ก", "ข", "ค"]
        assert answer.text[slice(*answer.at_raw_line(99))] == "ค"
        assert answer.text[slice(*answer.at_raw_line(0))] == "ก"

    def test_code_is_left_out(self) -> None:
        answer = Answer("ก\n```python\n- ข\n```\nค")
        assert answer.numbered_lines_outside_code == [(0, "ก"), (4, "ค")]
        assert answer.lines_outside_code == ["ก", "ค"]

    def test_find_ignores_letter_case(self) -> None:
        answer = Answer("ใช้ Wi-Fi ที่บ้าน WI-FI")
        assert answer.find("wi-fi") == (4, 9)
        assert answer.find("WI-FI", 5) == (18, 23)
        assert answer.find("LAN") is None
        assert Answer("ก").find("ก") == (0, 1)

    def test_find_where_folding_changes_lengths(self) -> None:
        answer = Answer("İİ ปลา")
        assert len(answer.folded) != len(answer.text)
        assert answer.find("ปลา") == (3, 6)
        assert answer.find("หมา") is None

    def test_a_lone_surrogate_is_seen(self) -> None:
        assert Answer("ก\ud83d").has_lone_surrogate
        assert not Answer("ก🙂").has_lone_surrogate

    def test_disagreement_points_at_the_spot(self) -> None:
        verdicts = {"newmm": PASS, "nlpo3": fail("x", "ก", (0, 1))}
        found = Answer("ก").by_both_engines(verdicts.__getitem__)
        assert (found.outcome, found.at) == (Outcome.UNDECIDED, (0, 1))
        assert "newmm PASS" in found.reason
        assert "nlpo3 FAIL (x)" in found.reason


class TestBuilding:
    def test_equal_constraints_are_equal_hash_alike_and_can_be_pickled(self) -> None:
        first = build("keywords.include_all", {"keywords": ["ก", "ข"]})
        again = pickle.loads(pickle.dumps(first))
        assert again == first
        assert len({first, again, build("keywords.include_all", {"keywords": ["ข", "ก"]})}) == 2
        assert again != "keywords.include_all"

    def test_what_the_caller_changes_later_changes_nothing(self) -> None:
        keywords = ["แมว"]
        constraint = build("keywords.include_all", {"keywords": keywords})
        keywords[0] = "หมา"
        assert constraint.params["keywords"] == ["แมว"]

    @pytest.mark.parametrize(("constraint_id", "params"), [(3, {}), ("length.lines", None), ("length.lines", [2])])
    def test_what_is_no_id_or_no_object_is_undecided(self, constraint_id: Any, params: Any) -> None:
        assert check(constraint_id, params, "ก").outcome is Outcome.UNDECIDED
        with pytest.raises((UnknownConstraint, BadParameters)):
            build(constraint_id, params)

    def test_half_an_emoji_is_no_keyword(self) -> None:
        with pytest.raises(BadParameters, match="lone surrogate"):
            build("keywords.include", {"keyword": "ก\ud83d"})

    def test_an_unknown_language_is_named(self) -> None:
        with pytest.raises(ValueError, match="language 'fr' is unknown; known: th, en"):
            build("length.lines", {"count": 2}).describe("fr")  # pyright: ignore[reportArgumentType]

    def test_params_are_read_only_and_whole_numbers(self) -> None:
        constraint = build("length.lines", {"count": 2.0})
        assert constraint.params == {"count": 2}
        assert isinstance(constraint.params["count"], int)
        with pytest.raises(TypeError):
            constraint.params["count"] = 3  # pyright: ignore[reportIndexIssue]

    @pytest.mark.parametrize(
        ("params", "told"),
        [
            ({}, "field 'count' is missing; length.lines takes count"),
            ({"count": 2, "cuont": 3}, "field 'cuont' is unknown; length.lines takes count"),
            ({"count": "2"}, "field 'count': '2' is not of type 'integer'"),
            ({"count": 2.5}, "field 'count': 2.5 is not of type 'integer'"),
            ({"count": True}, "field 'count': True is not of type 'integer'"),
            ({"count": 0}, "field 'count': 0 is less than the minimum of 1"),
            ({"count": 101}, "field 'count': 101 is greater than the maximum of 100"),
        ],
    )
    def test_bad_parameters_name_the_field(self, params: dict[str, object], told: str) -> None:
        with pytest.raises(BadParameters) as raised:
            build("length.lines", params)
        assert str(raised.value) == f"length.lines: malformed parameters: {told}"
        assert check("length.lines", params, "ก").outcome is Outcome.UNDECIDED

    def test_texts_that_nobody_sees_or_that_stand_twice_are_refused(self) -> None:
        with pytest.raises(BadParameters, match=r"field 'keyword': .* holds nothing that a reader sees"):
            build("keywords.include", {"keyword": "\U0001d173"})
        with pytest.raises(BadParameters, match=r"field 'keywords': .* holds nothing that a reader sees"):
            build("keywords.include_all", {"keywords": ["ก", "\u200b"]})
        with pytest.raises(BadParameters, match=r"field 'keywords': .*non-unique"):
            build("keywords.include_all", {"keywords": ["ก", "ก"]})

    def test_impossible_parameters_are_refused(self) -> None:
        with pytest.raises(BadParameters, match="field 'minimum': 9 is more than the maximum 8"):
            build("length.words_between", {"minimum": 9, "maximum": 8})
        assert build("length.words_between", {"minimum": 8, "maximum": 8})

    def test_no_parameters_are_told(self) -> None:
        with pytest.raises(BadParameters, match=r"length\.lines_growing takes no parameters"):
            build("length.lines_growing", {"count": 1})

    def test_unknown_ids_name_the_nearest(self) -> None:
        with pytest.raises(
            UnknownConstraint, match=r"^unknown constraint 'length.line'; did you mean 'length.lines'\?$"
        ):
            get("length.line")
        with pytest.raises(
            UnknownConstraint, match=r"^unknown constraint 'qqqq'; `typhoon-data constraints list` shows"
        ):
            get("qqqq")
        assert check("length.line", {}, "ก").outcome is Outcome.UNDECIDED

    def test_an_answer_can_be_given_as_text_or_as_answer(self) -> None:
        constraint = build("length.lines", {"count": 1})
        assert (
            constraint.check("ก") == constraint.check(Answer("ก")) == check("length.lines", {"count": 1}, "ก") == PASS
        )
        assert constraint.check("").reason == "the answer is empty"
        assert constraint.check("ก\ud83d").outcome is Outcome.UNDECIDED

    def test_describing(self) -> None:
        constraint = build("length.lines", {"count": 7})
        thai = constraint.phrasings("th")
        assert constraint.describe("th") == thai[0] == describe("length.lines", {"count": 7}, "th")
        assert constraint.describe("th", 1) == thai[1]
        assert constraint.describe("th", len(thai) + 1) == thai[1]
        assert phrasings("length.lines", {"count": 7}, "en") == constraint.phrasings("en")
        assert all("7" in words for words in (*thai, *constraint.phrasings("en")))

    def test_id_family_and_table(self) -> None:
        assert (build("length.lines", {"count": 1}).id, get("length.lines").family) == ("length.lines", "length")
        assert list(types()) == [constraint.id for constraint in types().values()]
        with pytest.raises(TypeError):
            types()["x"] = get("length.lines")  # pyright: ignore[reportIndexIssue]

    def test_catalogue_entries(self) -> None:
        found = entry("length.lines")
        assert found is family_texts("length")["length.lines"]
        assert (found.params, found.passes) == ({"count": 2}, "เช้านี้ฝนตก\nตอนบ่ายแดดออก")


class TestTypes:
    def test_conflicts_by_id_family_and_itself(self) -> None:
        def made(constraint_id: str, conflicts: frozenset[str] = frozenset()) -> ConstraintType:
            return ConstraintType(
                constraint_id, {}, draw_nothing, lambda a, p: PASS, lambda t, p, f: t, conflicts=conflicts
            )

        plain, by_id, by_family = made("a.x"), made("b.y", frozenset({"a.x"})), made("c.z", frozenset({"a"}))
        assert plain.conflicts_with(plain)
        assert by_id.conflicts_with(plain)
        assert plain.conflicts_with(by_id)
        assert by_family.conflicts_with(plain)
        assert plain.conflicts_with(by_family)
        assert not by_id.conflicts_with(by_family)
        assert not made("a.w").conflicts_with(plain)

    def test_values_as_they_are_shown(self) -> None:
        params = {"n": 3, "text": "ก", "texts": ["ก", "ข"], "numbers": [1, 2], "schema": {"ก": 1}}
        assert show_values(params, "th") == {
            "n": "3", "text": "ก", "texts": '"ก", "ข"', "numbers": "1, 2", "schema": '{"ก": 1}',
        }  # fmt: skip
        assert quoted_list(["ก", "ข"], " และ ") == '"ก" และ "ข"'

    def test_schemas(self) -> None:
        assert whole_number(2, 3) == {"type": "integer", "minimum": 2, "maximum": 3}
        assert BAND["minimum"]["minimum"] == 1
        assert text_value(7)["maxLength"] == 7
        assert (texts_value(2, 3)["minItems"], texts_value(2, 3)["maxItems"]) == (2, 3)
        assert minimum_not_above_maximum({"minimum": 2, "maximum": 2}) is None
        assert minimum_not_above_maximum({"minimum": 3, "maximum": 2}) is not None


class TestShaping:
    def test_lines(self) -> None:
        assert shown_lines("ก\n\n ข ") == ["ก", " ข "]
        assert with_lines("ก\nข\nค", 3, "ง") == "ก\nข\nค"
        assert with_lines("ก\nข\nค", 2, "ง") == "ก\nข ค"
        assert with_lines("ก\nข\nค", 1, "ง") == "ก ข ค"
        assert with_lines("ก", 3, "ง") == "ก\nง\nง"
        assert each_line("ก\n- ข", prefix="- ") == "- ก\n- ข"
        assert each_line("ก\nข.", suffix=".") == "ก.\nข."

    def test_paragraphs(self) -> None:
        assert paragraphs_of("ก\nข\n\n\n\nค ") == ["ก\nข", "ค"]

    def test_lengthening(self) -> None:
        assert lengthened("กขค", 3, "ง") == "กขค"
        assert lengthened("กขค", 4, "ง") == "กขค ง"
        assert lengthened("ก\nขค\nง", 8, "จ") == "ก\nขค จ\nง"
        assert len(lengthened("ก", 50, "ขค")) >= 50

    def test_a_wanted_text(self) -> None:
        assert with_text("ก\nข", "ข") == "ก\nข"
        assert with_text("ก\nข", "ค") == "ก ค\nข"
