"""IFEval, IFEval-TH and IFBench from files as the Hub has them; two scores for Thai; bad files named."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import yaml

from eval.errors import TaskDataError
from eval.runner import mark_item
from eval.task import Task
from eval.tasks import task_of
from eval.tasks.data_sets import HubData, rows_of
from tests.eval.answering import empty, scored, text, values

CASES = Path(__file__).parents[1] / "constraints" / "compat_cases.yaml"
ROWS = [
    {
        "key": 1000,
        "prompt": "Write at least three words. No commas.",
        "instruction_id_list": ["length_constraints:number_words", "punctuation:no_comma"],
        "kwargs": [{"num_words": 3, "relation": "at least", "keyword": None}, {"num_words": None, "relation": None}],
    },
    {
        "key": 1001,
        "prompt": "Name the river.",
        "instruction_id_list": ["keywords:existence"],
        "kwargs": [{"keywords": ["river"]}],
    },
]
RIGHT = {1000: "one two three", 1001: "The river Ping"}


def written(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def replies(rows: list[dict], said: dict[int, str]):
    by_prompt = {row["prompt"]: said[row["key"]] for row in rows}
    return lambda messages, tools: text(by_prompt[messages[-1].content])


@pytest.mark.parametrize("name", ["ifeval", "ifbench"])
def test_answerers_of_known_worth(tmp_path, name):
    task = task_of(name, {"file": written(tmp_path / "rows.jsonl", ROWS)})
    whole = scored(task, replies(ROWS, RIGHT))
    assert {(score.value, score.n, score.undecided) for score in whole.values()} == {(1.0, 2, 0)}
    assert set(values(task, empty).values()) == {0.0}
    assert set(values(task, lambda m, t: text("no,")).values()) == {0.0}
    assert scored(task, replies(ROWS, RIGHT), together=2, backwards=True) == whole
    assert task.about.source == "file rows.jsonl"


def test_prompt_and_instruction_level_strict_and_loose(tmp_path):
    """Two of three instructions, one of two prompts; a first line with a comma is forgiven where it is loose."""
    task = task_of("ifeval", {"file": written(tmp_path / "rows.jsonl", ROWS)})
    half = values(task, replies(ROWS, {1000: "one, two three four", 1001: RIGHT[1001]}))
    assert half["official_prompt_strict"] == 0.5
    assert half["official_instruction_strict"] == pytest.approx(2 / 3)
    loose = values(task, replies(ROWS, {1000: "Sure, here it is:\none two three", 1001: RIGHT[1001]}))
    assert (loose["official_prompt_strict"], loose["official_prompt_loose"]) == (0.5, 1.0)
    assert loose["official_instruction_loose"] == 1.0


def test_thai_has_a_score_as_the_official_code_reads_it_and_one_that_knows_thai(tmp_path):
    rows = [
        {
            "key": 1,
            "prompt": "ตอบอย่างน้อยห้าคำ",
            "instruction_id_list": ["length_constraints:number_words"],
            "kwargs": [{"num_words": 5, "relation": "at least"}],
        },
        {
            "key": 2,
            "prompt": "ตอบสองประโยค",
            "instruction_id_list": ["length_constraints:number_sentences"],
            "kwargs": [{"num_sentences": 2, "relation": "at least"}],
        },
    ]
    task = task_of("ifeval_th", {"file": written(tmp_path / "rows.jsonl", rows)})
    found = scored(task, replies(rows, {1: "เราชอบกินขนมจากตลาดกลางสวน", 2: "ฝนตกหนักมาก เราจึงอยู่บ้าน"}))
    assert (found["thai_prompt_strict"].value, found["thai_prompt_strict"].undecided) == (1.0, 1)
    assert (found["official_prompt_strict"].value, found["official_prompt_strict"].undecided) == (0.0, 0)
    assert next(iter(task.about.metrics)).name == "thai_prompt_strict"
    assert set(values(task, empty).values()) == {0.0}


def test_scores_agree_with_the_recorded_official_verdicts(tmp_path):
    """Every recorded English case (benchmarks/official_ifeval.py: of the official code), as a task scores it."""
    known, compared = {"P": 1.0, "F": 0.0, "U": None}, 0
    for row in yaml.safe_load(CASES.read_text(encoding="utf-8")):
        line = {"key": 0, "prompt": "?", "instruction_id_list": [row["id"]], "kwargs": json.dumps([row["kwargs"]])}
        if not json.dumps(row["kwargs"], ensure_ascii=False).isascii():
            continue
        task = task_of("ifeval", {"file": written(tmp_path / "row.jsonl", [line])})
        for verdict, responses in row.get("cases", {}).items():
            for said in [one for one in responses if one.isascii() and one.strip()]:
                assert strict_mark(task, said) == known[verdict], (row["id"], said)
                compared += 1
    assert compared > 150


def strict_mark(task: Task, said: str) -> float | None:
    item = task.items()[0]

    async def ask(messages, tools=()):
        return text(said)

    transcript = asyncio.run(task.converse(item, ask))
    return asyncio.run(mark_item(task, item, transcript, None)).marks["official_prompt_strict"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"key": 1, "instruction_id_list": ["x"], "kwargs": [{}]}], "there is no column 'prompt'"),
        ([{"key": 1, "prompt": "x", "instruction_id_list": ["keywords:exist"], "kwargs": [{}]}], "keywords:existence"),
        ([{"key": 1, "prompt": "x", "instruction_id_list": ["keywords:existence"], "kwargs": [{}]}], "keywords"),
        (
            [{"key": 1, "prompt": "x", "instruction_id_list": ["keywords:existence"], "kwargs": []}],
            "each id needs its own",
        ),
        ([ROWS[0], ROWS[0]], "line 2: the key '1000' was there before"),
        ([], "holds no rows"),
    ],
)
def test_rows_that_cannot_be_used_are_named(tmp_path, rows, said):
    with pytest.raises(TaskDataError, match=said):
        task_of("ifeval", {"file": written(tmp_path / "rows.jsonl", rows)}).items()


def test_a_hub_out_of_reach_is_one_sentence_with_a_way_out(tmp_path, monkeypatch):
    from datasets import config

    monkeypatch.setattr(config, "HF_HUB_OFFLINE", True)
    with pytest.raises(TaskDataError, match=r"google/IFEval.*@966cd895.*file: ROWS\.jsonl"):
        task_of("ifeval").items()
    with pytest.raises(TaskDataError, match=r"cannot read .*nowhere\.jsonl"):
        task_of("ifeval", {"file": str(tmp_path / "nowhere.jsonl")}).items()


def test_a_data_set_is_read_by_the_library_of_the_hub(tmp_path):
    """A local folder of that form goes the same way as an id."""
    folder = tmp_path / "copy"
    folder.mkdir()
    written(folder / "train.jsonl", ROWS)
    data = HubData(str(folder), "train", "CC0-1.0")
    assert [row["key"] for _, row in rows_of(data, None)] == [1000, 1001]
    task = task_of("ifeval", {"hub": str(folder)})
    assert "not pinned" in task.about.source, "a copy is not at the original's revision"
    assert set(values(task, replies(ROWS, RIGHT)).values()) == {1.0}
