"""A dataset in numbers, as plain data for the page: what stats.py counts, lengths, scripts, and how the build ran.

Every number is counted from the rows or stands in the manifest; cost and speed come from the record beside the dataset,
where there is one and it is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from constraints import types
from datagen.dataset import Dataset
from datagen.report.lengths import length_histograms
from datagen.report.rows import PackedRows
from datagen.run_log import read_runs
from datagen.shards import file_sha256
from datagen.stats import dataset_stats
from datagen.yields import wilson

__all__ = ["figures"]

_LEAKS = ("script_leak", "wrong_language", "code_switching", "template_residue")
_NAMED = {"tool": "tool-use conversations", "sft": "instruction rows"}
_LANGUAGES = {"th": "Thai", "en": "English"}


def figures(dataset: Dataset, rows: PackedRows, *, spending: bool) -> dict[str, Any]:
    """
    Raises:
        DatasetError: a file of the dataset cannot be read.
    """
    stats, manifest = dataset_stats(dataset), dataset.manifest
    recipe = manifest.get("recipe", {})
    kept = sum(stats["rows"].values())
    tools = bool(stats["tool_use"])
    return {
        "title": _title(stats, manifest),
        "finished": dataset.finished,
        "tools": tools,
        "kept": kept,
        "rejected": stats["rejected"],
        "candidates": kept + stats["rejected"],
        "splits": stats["rows"],
        "funnel": _funnel(stats),
        "reasons": _reasons(stats),
        "lengths": length_histograms(dataset),
        "words": stats["answers"]["words"],
        "families": _families(stats["yields"]),
        "scripts": _scripts(rows),
        "leaks": _leaks(stats["reasons"]),
        "languages": stats["instruction_languages"],
        "turns": stats["turns"],
        "per_row": stats["constraints_per_row"],
        "judge": _judge(stats, manifest),
        "sources": stats["sources"],
        "duplicates": stats["duplicates"],
        "scenarios": {name: _tried(counts) for name, counts in stats["tool_use"].get("scenarios", {}).items()},
        "calls": stats["tool_use"].get("calls_per_row", {}),
        "called": stats["tool_use"].get("tools", {}),
        "teacher": {"name": "", "license": ""} | manifest.get("teacher", {}),
        "spending": _spending(dataset, stats) if spending else None,
        "shown": rows.shown,
        "total": rows.total,
        "code_version": manifest.get("code_version", ""),
        "seed": recipe.get("seed"),
        "manifest_sha256": file_sha256(dataset.path / "manifest.json") if manifest else "",
    }


def _title(stats: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """Without the folder's name, so that a copy elsewhere gives the same page."""
    what = next((name for split, name in _NAMED.items() if split in stats["rows"]), "rows")
    language = _LANGUAGES.get(manifest.get("recipe", {}).get("lang", ""), "")
    return f"{sum(stats['rows'].values()):,} {language + ' ' if language else ''}{what}"


def _funnel(stats: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"stage": name, **counts} for name, counts in stats["funnel"].items()]


def _reasons(stats: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Most frequent first, over all stages."""
    flat = [
        {"stage": stage, "reason": reason, "count": count}
        for stage, reasons in stats["reasons"].items()
        for reason, count in reasons.items()
    ]
    return sorted(flat, key=lambda each: -each["count"])


def _families(yields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Families most asked first, with their types; how many types of the family this version knows."""
    known = Counter(constraint.family for constraint in types().values())
    found = []
    for family, counts in yields["families"].items():
        members = {name: each for name, each in yields["types"].items() if name.partition(".")[0] == family}
        rows = [{"name": name, **_passed(each)} for name, each in members.items()]
        rows.sort(key=lambda each: (-each["asked"], each["name"]))
        found.append({"name": family, **_passed(counts), "types": rows, "known": max(known[family], len(rows))})
    return sorted(found, key=lambda each: (-each["asked"], each["name"]))


def _passed(counts: Mapping[str, int]) -> dict[str, Any]:
    """With the share passed and its 95 % interval."""
    low, high = wilson(counts["passed"], counts["asked"])
    return {
        **counts,
        "share": counts["passed"] / counts["asked"] if counts["asked"] else None,
        "low": low,
        "high": high,
    }


def _tried(counts: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """With the share kept and its 95 % interval."""
    rows = []
    for name, found in counts.items():
        low, high = wilson(found["kept"], found["tried"])
        rows.append({"name": name, **found, "share": found["kept"] / found["tried"], "low": low, "high": high})
    return rows


def _scripts(rows: PackedRows) -> dict[str, Any]:
    """Answers by the writing systems in them, of the rows in the page."""
    kept, rejected = rows.scripts.get("kept", {}), rows.scripts.get("rejected", {})
    names = sorted({*kept, *rejected}, key=lambda name: (-kept.get(name, 0), -rejected.get(name, 0), name))
    return {
        "answered": {"kept": 0, "rejected": 0, **rows.answered},
        "found": [{"name": n, "kept": kept.get(n, 0), "rejected": rejected.get(n, 0)} for n in names],
    }


def _leaks(reasons: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    return [
        {"stage": stage, "reason": leak, "count": found[leak]}
        for stage, found in reasons.items()
        for leak in _LEAKS
        if leak in found
    ]


def _judge(stats: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Scores 0 to 10 of kept and rejected candidates; {} where none was given."""
    if not stats["judge"]:
        return {}
    given = {each["score"]: each for each in stats["judge"]}
    config = manifest.get("recipe", {}).get("judge", {})
    fates = ("kept", "rejected")
    return {
        "counts": {fate: [given.get(score, {}).get(fate, 0) for score in range(11)] for fate in fates},
        "model": manifest.get("teacher", {}).get("judge", ""),
        "least": config.get("min_score") if config.get("enabled") else None,
    }


def _spending(dataset: Dataset, stats: Mapping[str, Any]) -> dict[str, Any]:
    runs = read_runs(dataset.path)
    seconds, answers = sum(run["seconds"] for run in runs), sum(run["answers"] for run in runs)
    return {
        "models": stats["spending"],
        "cost": stats["cost"],
        "currency": stats["currency"],
        "runs": runs,
        "seconds": seconds,
        "answers_per_s": answers / seconds if seconds else None,
        "tokens_per_s": sum(run.get("answer_tokens", 0) for run in runs) / seconds if seconds else None,
    }
