"""`typhoon-train`: the command line of the trainer. Thin: it reads the recipe and hands over to `session`.

torch is imported only once a run starts, so that `--help` and a wrong recipe answer at once.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from datagen.errors import UserError
from datagen.recipe import find_recipe
from models.errors import MissingExtraError
from recipes.stages import load_stages
from recipes.training import StageRecipe

if TYPE_CHECKING:
    from train.sample import Tasks

__all__ = ["app", "main", "tasks_of"]

_EXTRA = ("torch", "transformers", "safetensors", "gguf", "accelerate", "peft")
_INTERRUPTED = 130
_Recipe = Annotated[str, typer.Argument(help="A YAML file, or the name of a shipped recipe.")]
_Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Values that replace the recipe's.")
]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def typhoon_train() -> None:
    """Train a model on a dataset made by typhoon-data."""


@app.command(no_args_is_help=True)
def run(
    recipe: _Recipe,
    overrides: _Overrides = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run in `out` from its latest checkpoint.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the resolved recipe and the plan; train nothing.")
    ] = False,
) -> None:
    """Train as the recipe says; the checkpoint is OUT/final, the log OUT/metrics.jsonl.

    A chain of stages has both in OUT/STAGE; --resume passes over the stages that are finished.

    Examples:

      typhoon-train run recipes/sft.yaml

      typhoon-train run sft_tiny data.path=chats.jsonl out=runs/mine

      typhoon-train run sft optim.lr=1e-5 optim.epochs=3 --dry-run

      typhoon-train run sft --resume

      typhoon-train run qwen_0.5b_cpu divergence.kl=reverse rollout.share=0.5

      torchrun --standalone --nproc-per-node 2 --no-python typhoon-train run sft
    """
    stages = _stages(recipe, overrides)
    from parallel.ranks import joined_ranks
    from train.progress import RunProgress
    from train.session import run_stages

    try:
        with joined_ranks(), RunProgress() as progress:
            run_stages(stages, resume=resume, dry_run=dry_run, progress=progress, tasks_of=tasks_of)
    except KeyboardInterrupt:
        print("typhoon-train: stopped; continue with --resume", file=sys.stderr)
        raise typer.Exit(_INTERRUPTED) from None


@app.command(no_args_is_help=True)
def plan(
    recipe: _Recipe,
    overrides: _Overrides = None,
    tflops: Annotated[float | None, typer.Option(help="What the device reaches; none: it is measured.")] = None,
    gb_per_s: Annotated[float | None, typer.Option(help="Its memory's bandwidth; none: it is measured.")] = None,
    processes: Annotated[int, typer.Option(min=1, help="How many torchrun will start; memory is that of each.")] = 1,
) -> None:
    """Print memory, steps and time of each stage by formulas, from config.json; no weights are loaded.

    Examples:

      typhoon-train plan typhoon_s_8b --tflops 396 --gb-per-s 3350
    """
    stages = _stages(recipe, overrides)
    from train.plan import plan_stages
    from train.progress import RunProgress

    plan_stages(stages, tflops, gb_per_s, RunProgress(), processes=processes)


@app.command(no_args_is_help=True)
def publish(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
    repo_id: Annotated[str, typer.Option("--repo-id", metavar="ORG/NAME", help="The model's name on the Hub.")],
    license_id: Annotated[str, typer.Option("--license", help="The model's licence as the Hub names it.")],
    dataset: Annotated[
        str | None, typer.Option(metavar="ORG/NAME", help="Where on the Hub the dataset is that the run read.")
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compare; send nothing.")] = False,
    revision: Annotated[str, typer.Option(metavar="BRANCH", help="The branch to commit to.")] = "main",
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="Another Hub; HF_ENDPOINT or huggingface.co unless given.")
    ] = None,
) -> None:
    """Upload a checkpoint with its model card in one commit, tag it, and fetch it back to compare.

    The card names the dataset, the hash of its manifest and, with --dataset, the commit on the Hub that holds it. The
    token is that of `hf auth login` or HF_TOKEN.

    Examples:

      typhoon-train publish runs/sft --repo-id my-org/thai-sft --license apache-2.0 --dry-run

      typhoon-train publish runs/sft --repo-id my-org/thai-sft --license apache-2.0 --dataset my-org/thai-instructions
    """
    if importlib.util.find_spec("huggingface_hub") is None:
        raise MissingExtraError("publishing needs huggingface_hub: pip install 'typhoon-data[hub]'")
    from hub.delivery import Consignment, deliver
    from hub.lines import Lines
    from hub.repository import Repository
    from train.publish import belongs, published_dataset, run_files, run_tag
    from train.run_folder import RunFolder

    run, say = RunFolder(run_folder), Lines()
    trained_on = published_dataset(run.card(), Repository(dataset, "dataset", endpoint=endpoint)) if dataset else None
    files = run_files(run, license_id, trained_on)
    known = f"{dataset}, {trained_on['tag']} at {trained_on['commit'][:12]}" if trained_on else "not named on the Hub"
    say.line("dataset", known)
    goods = Consignment(files, belongs, run_tag(files), f"checkpoint of {run_folder.name}", lambda copy: ("", []))
    repository = Repository(repo_id, "model", branch=revision, endpoint=endpoint)
    raise typer.Exit(0 if deliver(repository, goods, say, private=private, dry_run=dry_run) else 1)


@app.command(no_args_is_help=True)
def verify(
    recipe: _Recipe,
    overrides: _Overrides = None,
    tokens: Annotated[int, typer.Option(help="Of the dataset's rows, all in all; bounds memory and time.")] = 512,
    out: Annotated[Path, typer.Option(help="The report; the same as JSON lies beside it.")] = Path("parity.md"),
) -> None:
    """Audit the trainer on the recipe's own model and data: losses, gradients, masks; exit code 1 if one is not ok.

    Examples:

      typhoon-train verify qwen_0.5b_cpu data.path=chats.jsonl --tokens 300 --out parity.md
    """
    stages = _stages(recipe, overrides)
    from parity.audit import audit_stages
    from train.progress import RunProgress

    if not audit_stages(stages, tokens, out, RunProgress()):
        raise typer.Exit(1)


def tasks_of(recipe: StageRecipe) -> Tasks | None:
    """The one place where training meets evaluation."""
    section = recipe.evaluate
    if not section.tasks:
        return None
    try:
        from eval.during_training import LiveTasks
    except ImportError as exc:
        raise MissingExtraError(f"evaluate.tasks needs {exc.name}: pip install 'typhoon-data[eval]'") from exc
    return LiveTasks(section.tasks, limit=section.limit, max_tokens=section.max_tokens, batch_size=section.batch_size)


def _stages(recipe: str, overrides: list[str] | None) -> list[StageRecipe]:
    stages = load_stages(find_recipe(recipe), overrides or ())
    missing = [package for package in _EXTRA if importlib.util.find_spec(package) is None]
    if missing:
        raise MissingExtraError(
            f"training needs {', '.join(missing)}, which are not installed: pip install 'typhoon-data[train]'"
        )
    # OpenMP's threads spin while they wait, and on shared cores they take the time of those that work: next to
    # other busy processes the 0.5B model trained at 10 tokens/s instead of 30. Read when torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    return stages


def main() -> None:
    """The console script: a UserError becomes one sentence on stderr and exit code 2."""
    try:
        app()
    except UserError as exc:
        print(f"typhoon-train: {exc}", file=sys.stderr)
        sys.exit(exc.exit_code)
