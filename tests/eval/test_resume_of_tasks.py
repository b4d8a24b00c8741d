"""Tasks of the Hub through the whole command: order, concurrency and a stop half-way change no byte of the results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from datagen.llm.scripted import Fault, ScriptedAnswer, ScriptedServer
from tests.eval import test_judged_tasks, test_live_code_task, test_maths_task, test_mt_bench_task, test_search_agents
from tests.eval.answering import part, verdict

FILES = {
    "math500_th": [row | test_maths_task.EXTRA for row in test_maths_task.ROWS],
    "live_code_bench": test_live_code_task.ROWS,
    "mt_bench_th": test_mt_bench_task.TH,
    "nitibench_ccl": test_judged_tasks.NITI,
    "hotpotqa_agent": test_search_agents.ROWS["hotpotqa_agent"],
}


def replies(body: dict[str, Any]) -> ScriptedAnswer:
    """Sometimes right, always the same to the same question."""
    asked = body["messages"]
    if "SEAL" in asked[-1]["content"]:
        return verdict(asked[-1]["content"], lambda shown: float(len(part(shown, "answer")) % 2))
    return f"Answer: {len(asked[-1]['content'])}\n```python\nprint({len(asked)})\n```\n\\boxed{{{len(asked)}}}"


@pytest.mark.parametrize("name", FILES)
def test_a_stop_half_way_changes_nothing(evaluate, tmp_path: Path, name: str):
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in FILES[name]), encoding="utf-8")
    options: dict[str, Any] = {"file": str(file)} | ({"sandbox": "interpreter"} if name == "live_code_bench" else {})
    whole, parts, served = tmp_path / "whole", tmp_path / "parts", []

    def asked(url: str, out: Path, *more: str) -> list[object]:
        told = ["--model", "scripted", "--base-url", url, "--judge-model", "scripted", "--judge-base-url", url]
        return ["run", "--tasks", name, *told, "--out", out, f"task_options={json.dumps({name: options})}", *more]

    def dying(body: dict[str, Any]) -> ScriptedAnswer:
        served.append(body)
        return Fault(401, "no more") if len(served) > 2 else replies(body)

    with ScriptedServer(replies) as server:
        code, said = evaluate(*asked(server.base_url, whole, "model.concurrency=1"))
        assert code == 0, said
    with ScriptedServer(dying) as server:
        assert evaluate(*asked(server.base_url, parts, "model.max_retries=0"))[0] == 2
        server.reply = replies
        code, said = evaluate(*asked(server.base_url, parts, "model.concurrency=8"))
        assert code == 0, said
    one, other = ((folder / f"items/{name}.jsonl").read_bytes() for folder in (whole, parts))
    assert one == other
    first, second = (json.loads((folder / "results.json").read_text())["tasks"][name] for folder in (whole, parts))
    assert first["scores"] == second["scores"]
    assert len(first["first_prompt"]) > 20
