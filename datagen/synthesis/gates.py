"""Steps 2 and 3 for one rule, from samples to a constraint that its verifiers agree on: the gates in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from constraints.sandbox import Sandbox
from datagen.rng import rng_for
from datagen.synthesis.agreement import agree
from datagen.synthesis.cases import Case
from datagen.synthesis.config import GatesConfig, SynthesisRecipe
from datagen.synthesis.functions import Function, say
from datagen.synthesis.mutation import MutationScore, broken_mutants, mutants, score
from datagen.synthesis.yields import Yields

__all__ = ["Verified", "Verifier", "cross_validated", "enough", "mutation_tested"]

_BROKEN_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Verifier:
    """A function with its scores; `accuracy` on kept cases, `mutation` on broken and passing responses."""

    function: Function
    accuracy: float
    mutation: MutationScore = field(default_factory=lambda: MutationScore(0.0, 0.0))


@dataclass(frozen=True)
class Verified:
    """A rule whose functions agree. `passes` and `fails`: cases of which all verifiers say so."""

    rule: str
    verifiers: tuple[Verifier, ...]
    cases: tuple[Case, ...]
    passes: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    broken: int = 0

    @property
    def distinct(self) -> list[Verifier]:
        """One verifier of each form, those with most samples first."""
        votes = self.votes
        firsts = {verifier.function.form: verifier for verifier in reversed(self.verifiers)}
        return sorted(firsts.values(), key=lambda one: (-votes[one.function.form], one.function.sample))

    @property
    def votes(self) -> dict[str, int]:
        """How many samples came out in each form."""
        forms = [verifier.function.form for verifier in self.verifiers]
        return {form: forms.count(form) for form in forms}


def enough(gate: str, rule: str, functions: Sequence[Function], gates: GatesConfig, yields: Yields) -> bool:
    """Whether enough functions of enough forms are left."""
    forms = len({function.form for function in functions})
    if len(functions) < gates.min_functions:
        yields.stop(gate, rule, "too_few_functions", f"{len(functions)} of at least {gates.min_functions}")
    elif forms < gates.min_forms:
        yields.stop(gate, rule, "too_few_forms", f"{forms} different source, at least {gates.min_forms}")
    else:
        return True
    return False


def cross_validated(
    rule: str,
    functions: Sequence[Function],
    cases: Sequence[Case],
    gates: GatesConfig,
    sandbox: Sandbox,
    yields: Yields,
) -> Verified | None:
    """The functions and cases that agree; None (and counted) where too few do."""
    said = say(functions, [case.text for case in cases], sandbox)
    # A derived case has nobody's word but the functions': more than half of them must give it.
    supports = [0.51 if case.origin == "derived" else gates.min_case_support for case in cases]
    found = agree(said, [case.passes for case in cases], supports)
    kept = [cases[number] for number in found.cases]
    for number, case in enumerate(cases):
        yields.entered("case_agreement")
        if number in found.cases:
            yields.keep("case_agreement")
        else:
            what = f"said to {'pass' if case.passes else 'fail'} ({case.origin})"
            yields.stop("case_agreement", rule, f"no_function_agrees_{case.origin}", what, case.text)
    verifiers = []
    for number, (function, accuracy) in enumerate(zip(functions, found.accuracies, strict=True)):
        yields.entered("function_agreement")
        if accuracy is None:
            constant = sorted({str(opinion) for opinion in said[number]} - {"None"})
            reason = f"constant_{constant[0].casefold()}" if constant else "no_opinion"
            yields.stop("function_agreement", rule, reason, "of every case", function.source)
        elif accuracy < gates.min_accuracy:
            yields.stop("function_agreement", rule, "low_accuracy", f"{accuracy:.2f}", function.source)
        else:
            yields.keep("function_agreement")
            verifiers.append(Verifier(function, accuracy))
    yields.entered("cross_validation")
    if not enough("cross_validation", rule, [one.function for one in verifiers], gates, yields):
        return None
    passing = sum(case.passes for case in kept)
    if len(kept) < gates.min_cases or min(passing, len(kept) - passing) < gates.min_cases_each:
        told = f"{passing} passing and {len(kept) - passing} failing"
        yields.stop("cross_validation", rule, "too_few_cases", told)
        return None
    yields.keep("cross_validation")
    return Verified(rule, tuple(verifiers), tuple(kept))


def mutation_tested(verified: Verified, recipe: SynthesisRecipe, sandbox: Sandbox, yields: Yields) -> Verified | None:
    """The verifiers that notice broken responses; None (and counted) where too few do."""
    gates, rule = recipe.gates, verified.rule
    functions = [verifier.function for verifier in verified.verifiers]
    passing = [case.text for case in verified.cases if case.passes]
    failing = [case.text for case in verified.cases if not case.passes]
    made = _mutants(passing, failing, recipe.seed)
    of_mutants = say(functions, made, sandbox)
    broken_numbers = broken_mutants(of_mutants)
    broken = failing + [made[number] for number in broken_numbers]
    of_failing, of_passing = say(functions, failing, sandbox), say(functions, passing, sandbox)
    survivors, opinions = [], []
    for number, verifier in enumerate(verified.verifiers):
        of_broken = [*of_failing[number], *(of_mutants[number][mutant] for mutant in broken_numbers)]
        found = score(of_broken, of_passing[number])
        yields.entered("function_mutation")
        if min(found.rejected, found.accepted) < gates.min_mutation_score:
            reason = "accepts_broken" if found.rejected < gates.min_mutation_score else "rejects_passing"
            told = f"rejects {found.rejected:.2f} of {len(broken)} broken"
            told += f", accepts {found.accepted:.2f} of {len(passing)} passing"
            yields.stop("function_mutation", rule, reason, told, verifier.function.source)
        else:
            yields.keep("function_mutation")
            survivors.append(replace(verifier, mutation=found))
            opinions.append((of_broken, of_passing[number]))
    yields.entered("mutation")
    if not enough("mutation", rule, [one.function for one in survivors], gates, yields):
        return None
    passes = [text for number, text in enumerate(passing) if all(row[number] is True for _, row in opinions)]
    fails = [
        text for number, text in enumerate(broken) if text.strip() and all(row[number] is False for row, _ in opinions)
    ]
    if len(broken) < gates.min_broken or not passes or not fails:
        yields.stop("mutation", rule, "nothing_breaks_it", f"{len(broken)} broken responses, {len(passes)} passing")
        return None
    yields.keep("mutation")
    examples = [text for text in fails if text in failing] + [text for text in fails if text not in failing][
        :_BROKEN_EXAMPLES
    ]
    return replace(
        verified, verifiers=tuple(survivors), passes=tuple(passes), fails=tuple(examples), broken=len(broken)
    )


def _mutants(passing: Sequence[str], failing: Sequence[str], seed: int) -> list[str]:
    """Every different mutant of a passing case that is no case itself."""
    made: dict[str, None] = {}
    for text in passing:
        made |= dict.fromkeys(mutants(text, rng_for(seed, "mutants", text)).values())
    return [text for text in made if text not in passing and text not in failing]
