"""Runs in numbers, as plain data for the page. Every number stands in results.json or is counted from the items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eval.compare import Compared, compared_task, pairs_of
from eval.page.plots import Axis
from eval.page.runs import Run, task_names
from eval.page.sub_scores import by_group, by_kind, verdict_modes
from eval.results import sampling_of
from eval.scores import Score
from eval.task import Metric

__all__ = ["figures", "metric_axis"]

_REACHES = (0.05, 0.1, 0.25, 0.5, 1.0)
_SHARES = Axis(0.0, 1.0, True)


def figures(runs: Sequence[Run]) -> dict[str, Any]:
    tasks = [_task(name, [run for run in runs if name in run.tasks], runs) for name in task_names(runs)]
    return {
        "runs": [_run(run) for run in runs],
        "tasks": tasks,
        "headlines": [_headline(task) for task in tasks],
        "comparisons": sum(len(group["rows"]) for task in tasks for group in task["differences"]),
        "items": sum(asked["items"] for task in tasks for asked in task["asked"]),
    }


def metric_axis(metric: Mapping[str, Any]) -> Axis:
    """From the lower end of the metric's scale to the upper one, whichever is the better."""
    ends = sorted((metric["worst"], metric["top"]))
    return Axis(ends[0], ends[1], ends == [0.0, 1.0])


def _run(run: Run) -> dict[str, Any]:
    return {
        "place": run.place,
        "letter": run.letter,
        "folder": run.folder,
        "name": run.model["name"],
        "identity": run.model["identity"],
        "backend": run.model["backend"],
        "version": run.version,
        "tasks": len(run.tasks),
    }


def _task(name: str, having: Sequence[Run], runs: Sequence[Run]) -> dict[str, Any]:
    about = having[0].tasks[name]
    compared = list(_compared(name, runs))
    return {
        "name": name,
        "title": about["title"],
        "language": about["language"],
        "license": about["license"],
        "asked": [_asked(name, run) for run in having],
        "groups": [_group(name, metric, having) for metric in _metrics(name, having)],
        "parts": [part for part in (_groups(name, having), _kinds(name, having)) if part["groups"]],
        "differences": _differences(name, having, compared),
        "warnings": _warnings(compared),
        "first_prompts": _first_prompts(name, having),
    }


def _headline(task: Mapping[str, Any]) -> dict[str, Any]:
    """A task's first metric, under the task's name."""
    first = task["groups"][0]
    return first | {"name": task["name"], "about": f"{first['name']}: {first['about']}"}


def _asked(name: str, run: Run) -> dict[str, Any]:
    task, items = run.tasks[name], run.items[name]
    return {
        "place": run.place,
        "letter": run.letter,
        "sampling": sampling_of(task),
        "template": task["template_sha256"][:12],
        "source": task["source"],
        "judge": task["judge"]["name"] if "judge" in task else "",
        "items": len(items),
        "in_source": task["items_in_source"],
        "failed": sum(item["failed"] for item in items),
        "cut_off": sum(any(answer["finish_reason"] == "length" for answer in item["answers"]) for item in items),
        "empty": sum(not item["failed"] and not _final(item) for item in items),
    }


def _final(item: Mapping[str, Any]) -> str:
    return item["answers"][-1]["content"].strip() if item["answers"] else ""


def _metrics(name: str, having: Sequence[Run]) -> dict[str, Mapping[str, Any]]:
    """Of all runs, in the order of the first that has each."""
    found: dict[str, Mapping[str, Any]] = {}
    for run in having:
        for metric, about in run.tasks[name]["metrics"].items():
            found.setdefault(metric, about)
    return found


def _group(name: str, metric: str, having: Sequence[Run]) -> dict[str, Any]:
    known = next(run.tasks[name]["metrics"][metric] for run in having if metric in run.tasks[name]["metrics"])
    rows = [
        {"place": run.place, "letter": run.letter, "label": "", **score}
        for run in having
        for score in run.tasks[name]["scores"]
        if score["metric"] == metric
    ]
    less = known["top"] < known["worst"]
    return {"name": metric, "about": known["about"], "axis": metric_axis(known), "less_is_better": less, "rows": rows}


def _groups(name: str, having: Sequence[Run]) -> dict[str, Any]:
    metric, known = next(iter(_metrics(name, having).items()))
    how, axis = Metric(**known), metric_axis(known)
    scores = {(run.place, run.letter, ""): by_group(how, run.items[name]) for run in having}
    return {
        "title": "By group",
        "about": f"{metric}, by the items' own groups",
        "groups": _by_name(scores, axis),
    }


def _kinds(name: str, having: Sequence[Run]) -> dict[str, Any]:
    scores = {
        (run.place, run.letter, _label(mode)): by_kind(mode, run.items[name])
        for run in having
        for mode in verdict_modes(run.items[name])
    }
    about = "Share of instructions followed; n counts instructions. Each way of judging has its own line."
    return {"title": "By kind of instruction", "about": about, "groups": _by_name(scores, _SHARES)}


def _label(mode: str) -> str:
    """
    >>> _label("thai_verdicts_strict"), _label("verdicts")
    ('thai strict', '')
    """
    return " ".join(word for word in mode.split("_") if word != "verdicts")


def _by_name(scores: Mapping[tuple[int, str, str], Mapping[str, Score]], axis: Axis) -> list[dict[str, Any]]:
    """One a group or kind, with a row of each run (and mode) that has it."""
    names = sorted({name for found in scores.values() for name in found})
    return [
        {
            "name": name,
            "about": "",
            "axis": axis,
            "less_is_better": False,
            "rows": [
                {"place": place, "letter": letter, "label": label, **found[name].as_dict()}
                for (place, letter, label), found in scores.items()
                if name in found
            ],
        }
        for name in names
    ]


def _compared(name: str, runs: Sequence[Run]) -> Iterator[tuple[Run, Run, Compared]]:
    for one, other in pairs_of(len(runs)):
        a, b = runs[one], runs[other]
        if name in a.tasks and name in b.tasks:
            for row in compared_task(name, (a.tasks[name], a.items[name]), (b.tasks[name], b.items[name])):
                yield a, b, row


def _differences(
    name: str, having: Sequence[Run], compared: Sequence[tuple[Run, Run, Compared]]
) -> list[dict[str, Any]]:
    """By metric; all pairs of one metric, and all metrics that are shares, on one axis."""
    by_metric = {metric: [each for each in compared if each[2].metric == metric] for metric in _metrics(name, having)}
    scales = {metric: metric_axis(known) for metric, known in _metrics(name, having).items()}
    shares = _reach([each for metric, found in by_metric.items() if scales[metric].percent for each in found], 1.0)
    groups = []
    for metric, known in _metrics(name, having).items():
        if not (found := by_metric[metric]):
            continue
        axis, less = scales[metric], known["top"] < known["worst"]
        reach = shares if axis.percent else _reach(found, axis.high - axis.low)
        groups.append(
            {
                "name": metric,
                "about": "less is better" if less else "",
                "axis": Axis(-reach, reach, axis.percent),
                "rows": [_difference(a, b, row, less) for a, b, row in found],
            }
        )
    return groups


def _reach(compared: Sequence[tuple[Run, Run, Compared]], unit: float) -> float:
    """A round end of an axis that holds every interval; `unit`: the length of the metric's scale."""
    ends = (end for _, _, row in compared for end in (row.difference.low, row.difference.high))
    most = max((abs(end) for end in ends), default=0.0)
    return next((unit * share for share in _REACHES if most <= unit * share), unit)


def _difference(a: Run, b: Run, row: Compared, less: bool) -> dict[str, Any]:
    found = row.difference
    better = ""
    if found.low > 0 or found.high < 0:
        better = (b if (found.value > 0) != less else a).letter
    return {
        "a": a.letter,
        "b": b.letter,
        "a_place": a.place,
        "b_place": b.place,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "p": found.p,
        "n": found.n,
        "undecided": row.undecided,
        "better": better,
    }


def _warnings(compared: Sequence[tuple[Run, Run, Compared]]) -> list[str]:
    said = (f"{a.letter} and {b.letter}: {warning}" for a, b, row in compared for warning in row.warnings)
    return list(dict.fromkeys(said))


def _first_prompts(name: str, having: Sequence[Run]) -> list[dict[str, Any]]:
    """The text as it was sent, or as the chat template wrote it; runs that had the same one together."""
    found: dict[str, list[str]] = {}
    for run in having:
        found.setdefault(run.tasks[name]["first_prompt"], []).append(run.letter)
    return [{"letters": letters, "text": text} for text, letters in found.items()]
