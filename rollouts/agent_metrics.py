"""What a batch of trajectories with tools was like, as numbers for the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from environments.steps import read_after_search
from rollouts.agentic import AgentTrajectory

__all__ = ["agent_metrics"]


def agent_metrics(found: Sequence[AgentTrajectory]) -> dict[str, float]:
    """Means a trajectory; those that met a fault are counted by its kind, and are in no mean but that of `fault_share`.

    `answered_share` came to an answer within the budgets; `search_then_read_share` read a section after a search, both
    without an error; `observation_tokens` are the tokens that tools wrote, the template's marks included.
    """
    faults = Counter(each.fault for each in found if each.fault)
    line: dict[str, float] = {f"fault_{kind}": count for kind, count in sorted(faults.items())}
    line["fault_share"] = faults.total() / len(found)
    if sound := [each for each in found if not each.fault]:
        line |= {
            "turns": fmean(each.turns for each in sound),
            "tool_calls": fmean(each.tool_calls for each in sound),
            "answered_share": fmean(each.ended_by == "answer" for each in sound),
            "search_then_read_share": fmean(bool(read_after_search(each.steps)) for each in sound),
            "observation_tokens": fmean(_observed(each) for each in sound),
        }
    return line


def _observed(one: AgentTrajectory) -> int:
    policy = one.labelled_T.nonzero()[0]
    return int(policy[-1] - policy[0] + 1 - len(policy))
