"""`typhoon-train publish`: a run on samples/th, its checkpoint on a Hub on loopback, and what the card says of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard
from typer.testing import CliRunner

from datagen.cli import app as data_app
from datagen.errors import UserError
from hub.scripted import Fault, ScriptedHub
from recipes.training import SftRecipe
from train.cli import app
from train.publish import _without_paths
from train.session import run_stages

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
SAMPLE = Path(__file__).parents[2] / "samples" / "th"


class _Quiet:
    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given, **named: None


@pytest.fixture(scope="module")
def finished(student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two steps on the sample."""
    out = tmp_path_factory.mktemp("runs") / "small"
    recipe = SftRecipe.model_validate(
        {
            "out": str(out),
            "model": {"path": str(student)},
            "data": {"path": str(SAMPLE), "max_tokens": 4096},
            "batch": {"rows_per_step": 4, "tokens_per_micro_batch": 4096},
            "optim": {"lr": 1e-3, "max_steps": 2, "epochs": 1},
            "compute": {"device": "cpu", "dtype": "float32"},
        }
    )
    run_stages([recipe], resume=False, dry_run=False, progress=_Quiet())  # pyright: ignore[reportArgumentType]
    return out


def call(application: object, *arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(application, [str(each) for each in arguments])  # pyright: ignore[reportArgumentType]
    if isinstance(result.exception, UserError):
        return result.exception.exit_code, str(result.exception)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def publish(hub: ScriptedHub, run: Path, *more: object) -> tuple[int, str]:
    return call(app, "publish", run, "--repo-id", "org/model", "--license", "apache-2.0", "--endpoint", hub.url, *more)


def test_the_card_names_the_commit_that_holds_the_dataset(finished, hub):
    assert call(data_app, "publish", SAMPLE, "--repo-id", "org/thai", "--endpoint", hub.url)[0] == 0
    code, said = publish(hub, finished, "--dataset", "org/thai")
    assert code == 0, said
    dataset, model = hub.repos["dataset", "org/thai"], hub.repos["model", "org/model"]
    (tag, commit), *_ = dataset.tags.items()
    card = ModelCard(model.head()["README.md"].content.decode())
    assert card.data.to_dict()["datasets"] == ["org/thai"]
    assert card.data.to_dict()["license"] == "apache-2.0"
    assert tag in card.text
    assert commit in card.text
    assert hashlib.sha256((SAMPLE / "manifest.json").read_bytes()).hexdigest() in card.text
    assert {"model.safetensors", "config.json", "run.json", "recipe.yaml", "README.md"} <= set(model.head())
    assert list(model.tags.values()) == [model.branches["main"]]
    code, said = publish(hub, finished, "--dataset", "org/thai")
    assert (code, "nothing to do" in said, len(model.commits)) == (0, True, 2)


def test_no_path_of_this_machine_is_published(finished, hub, student):
    assert publish(hub, finished)[0] == 0
    for path, blob in hub.repos["model", "org/model"].head().items():
        if not blob.large:
            assert str(student.parent) not in blob.content.decode(), path
            assert str(SAMPLE.parent) not in blob.content.decode(), path
    recipe = yaml.safe_load(hub.repos["model", "org/model"].head()["recipe.yaml"].content)
    assert (recipe["data"]["path"], recipe["optim"]["max_steps"]) == ("th", 2)


def test_ids_of_the_hub_are_no_paths_of_this_machine():
    tree = {"model": {"path": "org/base"}, "data": {"path": "/srv/data/th"}, "out": "runs/a/b"}
    assert _without_paths(tree) == {"model": {"path": "org/base"}, "data": {"path": "th"}, "out": "b"}


def test_a_dataset_that_is_not_there_stops_it(finished, hub):
    code, said = publish(hub, finished, "--dataset", "org/thai")
    assert (code, "has no tag v-" in said) == (2, True)
    assert not hub.repos


def test_a_tag_with_another_manifest_stops_it(finished, hub):
    assert call(data_app, "publish", SAMPLE, "--repo-id", "org/thai", "--endpoint", hub.url)[0] == 0
    repo = hub.repos["dataset", "org/thai"]
    (tag,) = repo.tags
    first = next(iter(repo.commits))
    repo.tags[tag] = first  # the Hub's own first commit, which holds no dataset
    code, said = publish(hub, finished, "--dataset", "org/thai")
    assert (code, "holds another manifest" in said) == (2, True)


def test_a_run_that_is_not_finished_stays_at_home(finished, hub, tmp_path):
    card = json.loads((finished / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps({**card, "status": "running"}))
    code, said = publish(hub, tmp_path)
    assert (code, "holds no finished run" in said) == (2, True)


def test_a_secret_in_the_recipe_stops_it(finished, hub, tmp_path):
    card = json.loads((finished / "run.json").read_text())
    card["recipe"]["sample"] = {"prompts": ["hf_" + "aB3dE5" * 6]}
    (tmp_path / "run.json").write_text(json.dumps(card))
    code, said = publish(hub, tmp_path)
    assert (code, "Hugging Face token hf_a" in said) == (2, True)
    assert "aB3dE5aB3dE5" not in said


def test_cut_before_the_commit_and_again(finished, hub):
    assert publish(hub, finished)[0] == 0
    at = next(n for n, line in enumerate(hub.requests, 1) if "/commit/" in line)
    hub.forget()
    hub.fault = Fault(at, "refused")
    code, said = publish(hub, finished)
    assert (code, len(hub.repos["model", "org/model"].commits)) == (2, 1), said
    hub.fault = None
    assert publish(hub, finished)[0] == 0
    assert len(hub.repos["model", "org/model"].commits) == 2
