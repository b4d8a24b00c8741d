"""A folder of results: what was asked, said and marked, and the scores made of it.

    OUT/results.json              model, sampling, versions; for each task its scores, template hash and first prompt
    OUT/results.md                the same as a table
    OUT/items/TASK.jsonl          one line an item, sorted by id: prompt, messages said, raw answers, marks
    OUT/.typhoon/answers.sqlite   every raw answer, for resuming

Items are written before results.json, which names their hashes: a result that is there is whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from datagen.out_folder import PRIVATE, claimed, write_atomically, writing
from datagen.record import canonical_json
from eval.answerers import ModelCard
from eval.errors import ResultsError
from eval.scores import Score
from eval.task import About, Item, Marks, Transcript

__all__ = ["ItemResult", "ResultsFolder", "TaskResult", "read_items", "read_results", "sampling_of", "table_of"]

_MADE_BY = "typhoon-eval"


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item with its answers and marks."""

    item: Item
    transcript: Transcript
    marks: Marks
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        facts = {**self.transcript.facts, **self.facts}
        return {
            "id": self.item.id,
            "failed": self.transcript.failed,
            "marks": dict(self.marks),
            **({"weight": self.item.weight} if self.item.weight != 1 else {}),
            **({"group": self.item.group} if self.item.group else {}),
            "asked": [message.as_dict() for message in self.item.messages],
            **({"tools": [dict(tool) for tool in self.item.tools]} if self.item.tools else {}),
            "said": [message.as_dict() for message in self.transcript.said],
            "answers": [json.loads(answer.as_json()) for answer in self.transcript.answers],
            **({"facts": facts} if facts else {}),
        }


@dataclass(frozen=True, slots=True)
class TaskResult:
    """One task, marked."""

    about: About
    items: Sequence[ItemResult]
    items_in_source: int
    scores: Sequence[Score]
    first_prompt: str

    def as_dict(self, items_sha256: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """`asked`: sampling, and the judge if there was one."""
        about = self.about
        return {
            **asked,
            "title": about.title,
            "language": about.language,
            "source": about.source,
            "license": about.license,
            "template_sha256": about.template_sha256,
            **({"judge_template_sha256": about.judge_template_sha256} if about.judge else {}),
            "max_tokens": about.max_tokens,
            "items": len(self.items),
            "items_in_source": self.items_in_source,
            "items_sha256": items_sha256,
            "metrics": {metric.name: asdict(metric) for metric in about.metrics},
            "scores": [score.as_dict() for score in self.scores],
            "first_prompt": self.first_prompt,
        }


class ResultsFolder:
    """OUT of one evaluation, locked while it runs."""

    def __init__(self, out: str | Path) -> None:
        self.path = Path(out)
        self.private = self.path / PRIVATE
        self.answers = self.private / "answers.sqlite"
        self.results = self.path / "results.json"

    def claim(self) -> AbstractContextManager[None]:
        """Makes the folder ours and locks it.

        Raises:
            ResultsError: the folder holds something else, or another evaluation works in it.
            OutputError: it cannot be written.
        """
        return claimed(self.path, work="evaluation", holds="results", error=ResultsError)

    def require_same_model(self, card: ModelCard) -> None:
        """Results of two models in one folder would be a comparison with itself.

        Raises:
            ResultsError: naming both.
        """
        if self.results.exists():
            before = read_results(self.path)["model"]
            if before["identity"] != card.identity:
                raise ResultsError(
                    f"{self.path} holds results of {before['name']} ({before['identity']}), not of {card.name} "
                    f"({card.identity}); give another --out"
                )

    def write_items(self, task: TaskResult) -> str:
        """The items of a task, whole or not at all; their sha256."""
        lines = sorted((result.as_dict() for result in task.items), key=lambda line: line["id"])
        text = "".join(canonical_json(line) + "\n" for line in lines)
        _replace(self.path / "items" / f"{task.about.name}.jsonl", text)
        return hashlib.sha256(text.encode()).hexdigest()

    def write_results(self, results: Mapping[str, Any]) -> None:
        """results.json and results.md; earlier tasks of this folder that are not in `results` are kept."""
        whole = {"made_by": _MADE_BY, **results}
        if self.results.exists():
            whole["tasks"] = {**read_results(self.path)["tasks"], **whole["tasks"]}
        whole["tasks"] = dict(sorted(whole["tasks"].items()))
        _replace(self.path / "results.md", table_of(whole))
        _replace(self.results, json.dumps(whole, ensure_ascii=False, indent=2) + "\n")


def _replace(path: Path, text: str) -> None:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)


def read_results(out: str | Path) -> dict[str, Any]:
    """
    Raises:
        ResultsError: the folder holds no results of ours.
    """
    path = Path(out) / "results.json"
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ResultsError(f"{out} holds no results; make some with `typhoon-eval run --out {out} ...`") from exc
    if not isinstance(results, dict) or results.get("made_by") != _MADE_BY:
        raise ResultsError(f"{path} was not written by typhoon-eval")
    return results


def read_items(out: str | Path, task: str) -> list[dict[str, Any]]:
    """
    Raises:
        ResultsError: the items are not those that the results were made of.
    """
    path = Path(out) / "items" / f"{task}.jsonl"
    try:
        text = path.read_bytes()
    except OSError as exc:
        raise ResultsError(f"cannot read {path}: {exc.strerror}; run the evaluation again") from exc
    wanted = read_results(out)["tasks"].get(task, {}).get("items_sha256")
    if hashlib.sha256(text).hexdigest() != wanted:
        raise ResultsError(f"{path} is not what results.json was made of; run the evaluation again")
    return [json.loads(line) for line in text.decode().splitlines()]


def table_of(results: Mapping[str, Any]) -> str:
    """A Markdown table: every metric with n, interval, failed and undecided."""
    model = results["model"]
    lines = [
        f"# {model['name']}",
        "",
        f"Model `{model['identity']}` ({model['backend']}).",
        "",
        "| task | metric | score | 95 % interval | n | failed | undecided |",
        "|---|---|--:|:-:|--:|--:|--:|",
    ]
    for name, task in results["tasks"].items():
        whole = task["items"] == task["items_in_source"]
        shown = name if whole else f"{name} ({task['items']} of {task['items_in_source']})"
        for score in task["scores"]:
            lines.append(f"| {shown} | {score['metric']} | {_cells(task['metrics'][score['metric']], score)} |")
    failed = "A failed answer (the endpoint gave up) has the worst mark and is in n; an undecided one is not."
    return "\n".join([*lines, "", failed, "", *_asked(results["tasks"]), ""])


def _asked(tasks: Mapping[str, Any]) -> list[str]:
    """How each task was asked: a second table, for a score says nothing without it."""
    lines = ["| task | sampling | template | data | judge |", "|---|---|---|---|---|"]
    for name, task in tasks.items():
        judge = task["judge"]["identity"] if "judge" in task else "-"
        template = f"`{task['template_sha256'][:12]}`"
        lines.append(f"| {name} | {sampling_of(task)} | {template} | {task['source']} | {judge} |")
    return [*lines, "", "The first prompt of each task is in results.json, every prompt and answer in items/."]


def sampling_of(task: Mapping[str, Any]) -> str:
    """
    >>> sampling_of({"max_tokens": 512, "sampling": {"temperature": 0.0, "top_p": 1.0, "max_tokens": None, "seed": 0}})
    'greedy, at most 512 tokens'
    >>> sampling_of({"max_tokens": 512, "sampling": {"temperature": 0.7, "top_p": 0.9, "max_tokens": 64, "seed": 3}})
    'temperature 0.7, top_p 0.9, seed 3, at most 64 tokens'
    """
    given = task["sampling"]
    drawn = "greedy"
    if given["temperature"]:
        drawn = f"temperature {given['temperature']:g}, top_p {given['top_p']:g}, seed {given['seed']}"
    return f"{drawn}, at most {given['max_tokens'] or task['max_tokens']} tokens"


def _cells(metric: Mapping[str, Any], score: Mapping[str, Any]) -> str:
    if score["value"] is None:
        value = interval = "-"
    elif {metric["top"], metric["worst"]} == {0.0, 1.0}:
        value = f"{100 * score['value']:.1f} %"
        interval = f"{100 * score['low']:.1f} - {100 * score['high']:.1f}"
    else:
        value, interval = f"{score['value']:.2f}", f"{score['low']:.2f} - {score['high']:.2f}"
    return f"{value} | {interval} | {score['n']} | {score['failed']} | {score['undecided']}"
