"""The chat client beside `bespokelabs-curator` and `data-designer`: the same prompts, server and job, in turn.

    python benchmarks/client_peers.py --venvs /tmp/peers                     # installs each peer into a venv of its own
    python benchmarks/client_peers.py --venvs /tmp/peers --rows 1000 --latency 1

The job: read the prompts from a JSONL file, ask each of them (256 at a time), keep every answer on disk so that a
killed run could resume, and end with a file of answers. One JSON line a tool and size: requests/s without start-up
and imports, CPU a row and peak memory (children included), answers counted in the result. Each tool runs in its
own process with its progress display and telemetry off and its limits raised out of the way.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

PEERS = {"curator": "bespokelabs-curator", "data-designer": "data-designer"}
SLOTS = 256
QUIET = {
    "HOSTED_CURATOR_VIEWER": "0",
    "CURATOR_VIEWER": "0",
    "CURATOR_DISABLE_RICH_DISPLAY": "1",
    "TELEMETRY_ENABLED": "false",
    "NEMO_TELEMETRY_ENABLED": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "HF_HUB_OFFLINE": "1",
    "NO_PROXY": "127.0.0.1",
    "OPENAI_API_KEY": "none",
}


def ours(base_url: str, prompts: Path, folder: Path) -> Callable[[], int]:
    from datagen.llm.answers import AnswerStore
    from datagen.llm.client import ChatClient, Endpoint, Limits

    async def connect() -> Endpoint:
        return Endpoint(base_url, "bench")

    async def ask_all() -> int:
        store = AnswerStore(folder / "answers.sqlite")
        client = ChatClient(store, "bench", connect, limits=Limits(SLOTS, 60.0, 8))
        count = 0
        with prompts.open(encoding="utf-8") as lines, (folder / "out.jsonl").open("w", encoding="utf-8") as out:

            async def worker() -> None:
                nonlocal count
                for line in lines:
                    prompt = json.loads(line)["prompt"]
                    message = {"role": "user", "content": prompt}
                    answer = await client.chat("bench", [message], temperature=0.5, max_tokens=300)
                    out.write(json.dumps({"prompt": prompt, "answer": answer.content}, ensure_ascii=False) + "\n")
                    count += not answer.failed

            await asyncio.gather(*(worker() for _ in range(2 * SLOTS)))
        await client.close()
        store.close()
        return count

    return lambda: asyncio.run(ask_all())


def curator(base_url: str, prompts: Path, folder: Path) -> Callable[[], int]:
    os.environ["CURATOR_CACHE_DIR"] = str(folder)
    # It counts tokens with an encoding that tiktoken fetches from the net; litellm, which it installs, has a copy.
    litellm = importlib.util.find_spec("litellm")
    if litellm and litellm.submodule_search_locations:
        tokenizers = Path(litellm.submodule_search_locations[0]) / "litellm_core_utils" / "tokenizers"
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(tokenizers))
    from bespokelabs import curator as library  # type: ignore[import-not-found]
    from datasets import Dataset

    class Asker(library.LLM):
        def prompt(self, row: dict[str, str]) -> str:
            return row["prompt"]

        def parse(self, row: dict[str, str], response: str) -> dict[str, str]:
            return {"prompt": row["prompt"], "answer": response}

    def run() -> int:
        asker = Asker(
            model_name="bench",
            backend="openai",
            generation_params={"temperature": 0.5, "max_tokens": 300},
            backend_params={
                "base_url": base_url,
                "api_key": "none",
                "max_concurrent_requests": SLOTS,
                "max_requests_per_minute": 10_000_000,
                "max_tokens_per_minute": 10_000_000_000,
                "max_retries": 8,
                "request_timeout": 60,
            },
        )
        rows = [json.loads(line) for line in prompts.read_text(encoding="utf-8").splitlines()]
        answered = asker(Dataset.from_list(rows), working_dir=str(folder))
        answers = getattr(answered, "dataset", answered)
        answers.to_json(str(folder / "out.jsonl"))
        return len(answers)

    return run


def data_designer(base_url: str, prompts: Path, folder: Path) -> Callable[[], int]:
    import data_designer.config as config  # type: ignore[import-not-found]
    from data_designer.interface import DataDesigner  # type: ignore[import-not-found]

    def run() -> int:
        provider = config.ModelProvider(name="bench", endpoint=base_url, provider_type="openai", api_key="none")
        model = config.ModelConfig(
            alias="bench",
            model="bench",
            provider="bench",
            skip_health_check=True,
            inference_parameters=config.ChatCompletionInferenceParams(
                max_parallel_requests=SLOTS, temperature=0.5, max_tokens=300, timeout=60
            ),
        )
        designer = DataDesigner(artifact_path=folder, model_providers=[provider])
        designer.set_run_config(config.RunConfig(otel_metrics_port=None))
        builder = config.DataDesignerConfigBuilder(model_configs=[model])
        builder.with_seed_dataset(config.LocalFileSeedSource(path=str(prompts)))
        builder.add_column(config.LLMTextColumnConfig(name="answer", prompt="{{ prompt }}", model_alias="bench"))
        count = sum(1 for _ in prompts.open(encoding="utf-8"))
        answers = designer.create(builder, num_records=count, dataset_name="bench").load_dataset()
        answers.to_json(folder / "out.jsonl", orient="records", lines=True, force_ascii=False)
        return int(answers["answer"].notna().sum())

    return run


TOOLS = {"typhoon-data": ours, "curator": curator, "data-designer": data_designer}


def work(tool: str, base_url: str, prompts: Path) -> None:
    """In the tool's own process: the job, then one JSON line about it."""
    with tempfile.TemporaryDirectory() as folder:
        job = TOOLS[tool](base_url, prompts, Path(folder))
        before, begun = _cpu_s(), time.perf_counter()
        answered = job()
        seconds, cpu_s = time.perf_counter() - begun, _cpu_s() - before
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    found = {"answered": answered, "seconds": seconds, "cpu_s": cpu_s, "peak_mib": peak // 1024}
    print("RESULT " + json.dumps(found), flush=True)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def interpreter(tool: str, venvs: Path) -> str:
    """The Python that has the tool; a peer's is made where there is none."""
    if tool not in PEERS:
        return sys.executable
    folder = venvs / tool
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEERS[tool]], check=True)
    return str(python)


def measure(tool: str, rows: int, latency_s: float, venvs: Path, limit_s: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        prompts = Path(folder) / "prompts.jsonl"
        with prompts.open("w", encoding="utf-8") as file:
            for number in range(rows):
                prompt = f"คำถามที่ {number}: เมืองหลวงของประเทศไทยอยู่ที่ไหน " * 4
                file.write(json.dumps({"prompt": prompt}, ensure_ascii=False) + "\n")
        server = Path(__file__).with_name("chat_server.py")
        command = [sys.executable, str(server), "--latency", str(latency_s), "--slots", str(SLOTS)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving:
            assert serving.stdin
            assert serving.stdout
            base_url = serving.stdout.readline().strip()
            worker = [interpreter(tool, venvs), __file__, "--worker", tool, base_url, str(prompts)]
            head = {"tool": tool, "rows": rows, "latency_s": latency_s}
            try:
                done = subprocess.run(
                    worker, cwd=folder, env=os.environ | QUIET, capture_output=True, text=True, timeout=limit_s
                )
            except subprocess.TimeoutExpired:
                return head | {"error": f"not done after {limit_s:g} s"}
            finally:
                serving.stdin.close()
    results = [line.removeprefix("RESULT ") for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not results:
        return head | {"error": (done.stderr.strip() or done.stdout.strip())[-600:]}
    found = json.loads(results[-1])
    return head | {
        "answered": found["answered"],
        "requests_per_s": round(rows / found["seconds"], 1),
        "cpu_ms": round(1000 * found["cpu_s"] / rows, 2),
        "peak_mib": found["peak_mib"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Requests/s, CPU a row and peak memory beside two peers.")
    parser.add_argument("--venvs", type=Path, default=Path("peers"), help="folder for the peers' virtual environments")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--latency", type=float, default=0.02)
    parser.add_argument("--tools", nargs="+", choices=list(TOOLS), default=list(TOOLS))
    parser.add_argument("--limit", type=float, default=1800.0, help="seconds one job may take")
    parser.add_argument("--worker", nargs=3, metavar=("TOOL", "URL", "PROMPTS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        tool, base_url, prompts = given.worker
        work(tool, base_url, Path(prompts))
        return
    for rows in given.rows:
        for tool in given.tools:
            print(json.dumps(measure(tool, rows, given.latency, given.venvs.absolute(), given.limit)), flush=True)


if __name__ == "__main__":
    main()
