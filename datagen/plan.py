"""What a build would do, before it does anything: calls, tokens and cost at most, and what earlier runs let expect.

Expectations come from finished datasets of the same teacher: the share of candidates kept, tokens a candidate, the
yield of each constraint type. Shares carry Wilson's 95 % interval; since sibling candidates share prompt and
constraints, counts are divided by their number first, so that the interval is rather too wide than too narrow. Reads
manifests, and answer stores without touching them; starts nothing and asks nobody.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constraints import types
from datagen.config import BuildRecipe
from datagen.dataset import Dataset, open_dataset
from datagen.errors import DatasetError
from datagen.spending import ModelSpending, money, read_spending, total_cost
from datagen.teacher import Teacher
from datagen.thai_lines import padded
from datagen.yields import Counts, by_family, read_yields, wilson

__all__ = ["History", "earlier_runs", "plan_lines"]

_TYPES_SHOWN = 40
# What makes candidates of another recipe more or less likely to be kept.
_DECIDES_YIELD = (
    "candidates",
    "per_prompt",
    "compose",
    "screen",
    "judge",
    "dedup",
    "splits",
    "mix",
    "held_out_types",
    "tools",
)
_DECIDES_YIELD_OF_TEACHER = ("guidance", "temperature", "top_p", "max_tokens")


@dataclass(frozen=True)
class History:
    """Earlier runs, added up. `asked`: candidates they used; `siblings`: candidates a prompt, at most."""

    datasets: tuple[Dataset, ...]
    notes: tuple[str, ...] = ()

    @property
    def asked(self) -> int:
        return sum(dataset.manifest["attempts"] for dataset in self.datasets)

    @property
    def kept(self) -> int:
        return sum(dataset.manifest["rows"] for dataset in self.datasets)

    @property
    def siblings(self) -> int:
        return max((dataset.manifest["recipe"]["candidates"] for dataset in self.datasets), default=1)

    def interval(self, successes: int, trials: int) -> tuple[float, float]:
        return wilson(successes / self.siblings, trials / self.siblings)

    def yields(self) -> dict[str, Counts]:
        summed: dict[str, Counts] = {}
        for dataset in self.datasets:
            for name, counts in read_yields(dataset).items():
                summed[name] = summed.get(name, Counts()) + counts
        return summed

    def spending(self) -> tuple[list[ModelSpending], tuple[float, float, float]]:
        """Per model, and the candidates it was spent on (likely, at most, at least): of runs with an answer store.

        A store also holds answers for candidates past the last row: those that were under way, up to twice the
        concurrency, when it was accepted.
        """
        spent, asked, beyond = [], 0, 0
        for dataset in self.datasets:
            if found := read_spending(dataset.path):
                spent += found
                asked += dataset.manifest["attempts"]
                beyond += dataset.manifest["recipe"]["teacher"]["concurrency"]
        return spent, (asked + beyond, asked + 2 * beyond, asked)


def earlier_runs(recipe: BuildRecipe, teacher: Teacher, out: Path, given: Sequence[Path]) -> History:
    """The datasets `given`, or those in `out` and beside it that the same teacher answered.

    Raises:
        DatasetError: one that was given is no finished dataset, or has another teacher.
    """
    datasets, notes = [], []
    for path in given or _beside(out):
        try:
            dataset = open_dataset(path)
            found = _checked(dataset)
        except DatasetError as exc:
            if given:
                raise
            notes.append(f"{path} is left out: {exc}")
            continue
        if _kind(dataset.manifest["recipe"]) != recipe.kind:
            if given:
                raise DatasetError(f"{path} is not of the kind {recipe.kind!r}: it tells nothing of this build")
            continue
        if found != (teacher.name, teacher.identity):
            if given:
                raise DatasetError(f"{path} was answered by {found[0]}, not by {teacher.name}: it tells nothing of it")
            continue
        datasets.append(dataset)
        if differing := _differing(dataset.manifest["recipe"], recipe.model_dump(mode="json")):
            notes.append(f"{path} had another {', '.join(differing)}: expect other yields")
    return History(tuple(datasets), tuple(notes))


def _kind(recipe: Mapping[str, Any]) -> str:
    return recipe.get("kind", "instructions")


def _asks_for_calling(recipe: BuildRecipe) -> bool:
    return recipe.kind == "tools" and recipe.tools.calling == "auto"


def _beside(out: Path) -> list[Path]:
    try:
        return sorted(folder for folder in out.resolve().parent.iterdir() if (folder / "manifest.json").is_file())
    except OSError:
        return []  # no folder yet, or none that may be read: no earlier runs


def _checked(dataset: Dataset) -> tuple[str, str]:
    """The teacher's name and identity."""
    manifest = dataset.manifest
    if not manifest:
        raise DatasetError(f"{dataset.path} is no finished dataset of ours: it has no manifest.json")
    try:
        for number in (manifest["rows"], manifest["attempts"], manifest["recipe"]["candidates"]):
            int(number)
        return manifest["teacher"]["name"], manifest["teacher"]["identity"]
    except (KeyError, TypeError, ValueError) as exc:
        raise DatasetError(f"{dataset.path / 'manifest.json'} is damaged or of another version: {exc!r}") from exc


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Sections that change the yield; one of the two recipes may be older and lack a key, which is no difference."""
    names = [name for name in _DECIDES_YIELD if name in before and name in now and before[name] != now[name]]
    old, new = before.get("teacher", {}), now["teacher"]
    names += [f"teacher.{k}" for k in _DECIDES_YIELD_OF_TEACHER if k in old and k in new and old[k] != new[k]]
    return names


def plan_lines(recipe: BuildRecipe, teacher: Teacher, out: Path, history: History) -> list[str]:
    """The plan in words, one line each."""
    attempts = recipe.attempts_allowed
    answers = attempts * recipe.answers_per_candidate
    probe = (recipe.judge.enabled and recipe.judge.structured == "auto") + _asks_for_calling(recipe)
    calls = attempts * recipe.calls_per_candidate + probe
    lines = [
        f"teacher: {teacher.name} ({teacher.identity})",
        f"into {out}: {recipe.rows:,} rows from at most {attempts:,} candidates",
        f"at most {calls:,} calls and {answers * recipe.teacher.max_tokens:,} answer tokens",
        *(["and 2 to 5 calls for each piece of a prompt in another language"] if recipe.translate.enabled else []),
        *history.notes,
    ]
    if not history.asked:
        return [*lines, "no earlier run of this teacher is known: no yield to expect (--history OUT names one)"]
    names = ", ".join(str(dataset.path) for dataset in history.datasets)
    lines.append(f"expected from {history.asked:,} candidates of earlier runs ({names}), with 95 % intervals:")
    yields = _scenario_lines if recipe.kind == "tools" else _yield_lines
    return [*lines, *_expected_lines(recipe, history), *yields(recipe, history)]


def _expected_lines(recipe: BuildRecipe, history: History) -> list[str]:
    low, high = history.interval(history.kept, history.asked)
    share, allowed = history.kept / history.asked, recipe.attempts_allowed
    needed = [_needed(recipe, one) for one in (share, high, low)]
    lines = [
        f"  candidates kept: {share:.1%} ({low:.1%} to {high:.1%})",
        f"  candidates needed: {_range(*needed)} of {allowed:,} allowed",
    ]
    if low * allowed < recipe.rows:
        rows = [min(recipe.rows, int(one * allowed)) for one in (share, low, high)]
        lines.append(f"  rows: {_range(*rows)} of {recipe.rows:,}; a higher max_attempts may be needed")
    return [*lines, *_spending_lines(recipe, history, needed)]


def _spending_lines(recipe: BuildRecipe, history: History, needed: Sequence[int]) -> list[str]:
    """Calls, tokens and cost of so many candidates (expected, fewest, most)."""
    spending, candidates = history.spending()
    if not spending:
        return ["  tokens: unknown, no earlier run has kept its answer store"]
    scaled = [[_scaled(one, n / per) for one in spending] for n, per in zip(needed, candidates, strict=True)]
    lines = []
    for name, kind in (("calls", "calls"), ("prompt tokens", "prompt_tokens"), ("answer tokens", "completion_tokens")):
        lines.append(f"  {name}: {_range(*(sum(getattr(spent, kind) for spent in models) for models in scaled))}")
    prices, currency = _prices(recipe)
    costs = [cost for models in scaled if (cost := total_cost(models, prices)) is not None]
    if len(costs) < len(needed):
        unpriced = sorted({spent.model for spent in spending} - set(prices))
        return [*lines, f"  cost: unknown, no price for {', '.join(unpriced)}"]
    expected, least, most = (money(cost, currency) for cost in costs)
    return [*lines, f"  cost: {expected} ({least} to {most})"]


def _needed(recipe: BuildRecipe, share: float) -> int:
    allowed = recipe.attempts_allowed
    return min(allowed, math.ceil(recipe.rows / share)) if share > 0 else allowed


def _range(middle: int, low: int, high: int) -> str:
    return f"{middle:,}" if low == high else f"{middle:,} ({low:,} to {high:,})"


def _scaled(spent: ModelSpending, factor: float) -> ModelSpending:
    counts = (spent.calls, spent.prompt_tokens, spent.completion_tokens)
    return ModelSpending(spent.model, *(round(count * factor) for count in counts))


def _prices(recipe: BuildRecipe) -> tuple[Mapping[str, Any], str]:
    """The recipe's price table and its currency; empty where it has none."""
    budget = recipe.model_dump(mode="json").get("budget") or {}
    return budget.get("prices") or {}, budget.get("currency") or ""


def _yield_lines(recipe: BuildRecipe, history: History) -> list[str]:
    """Per constraint type that the recipe draws: what was asked, passed and kept, and the rows to expect."""
    drawable = _drawable(recipe)
    yields = {name: counts for name, counts in history.yields().items() if name in drawable and counts.asked}
    title = "constraint type"
    new = len(drawable - set(yields))
    if len(yields) > _TYPES_SHOWN:
        yields, title = by_family(yields), "family"
    width = max([len(title), *map(len, yields)])
    lines = [f"  {padded(title, width)}  asked  passed             kept               rows with it"]
    for name, counts in sorted(yields.items(), key=lambda item: (item[1].kept / item[1].asked, item[0])):
        rows = round(recipe.rows * counts.kept / max(1, history.kept))
        shares = "  ".join(_share(history, part, counts.asked) for part in (counts.passed, counts.kept))
        lines.append(f"  {padded(name, width)}  {counts.asked:>5,}  {shares}  about {rows:,}")
    if new:
        lines.append(f"  {new} more types may be drawn that no earlier run has asked for")
    return lines


def _scenario_lines(recipe: BuildRecipe, history: History) -> list[str]:
    """Per kind of scenario that the recipe draws: how many were tried and kept, and the rows to expect."""
    tried, kept = Counter[str](), Counter[str]()
    for dataset in history.datasets:
        for kind, counts in dataset.manifest.get("scenarios", {}).get("kinds", {}).items():
            tried[kind] += counts["tried"]
            kept[kind] += counts["kept"]
    drawn = [kind for kind, weight in recipe.tools.kinds.items() if weight and tried[kind]]
    width = max([len("kind of scenario"), *map(len, drawn)])
    lines = [f"  {padded('kind of scenario', width)}  tried  kept               rows of it"]
    for kind in drawn:
        rows = round(recipe.rows * kept[kind] / max(1, history.kept))
        lines.append(
            f"  {padded(kind, width)}  {tried[kind]:>5,}  {_share(history, kept[kind], tried[kind])}  about {rows:,}"
        )
    return lines


def _share(history: History, successes: int, trials: int) -> str:
    low, high = history.interval(successes, trials)
    return f"{successes / trials:>3.0%} {f'({low:.0%} to {high:.0%})':<14}"


def _drawable(recipe: BuildRecipe) -> set[str]:
    weights = recipe.compose.weights
    return {t.id for t in types().values() if weights.get(t.id, weights.get(t.family, t.weight)) > 0}
