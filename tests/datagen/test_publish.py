"""`typhoon-data publish` against a Hub on loopback: what stops it, what it sends, what comes back."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from constraints import types
from datagen.card import write_card
from datagen.config import BuildRecipe
from datagen.llm.scripted import ScriptedServer
from datagen.publish.invented import ASKED_FOR
from datagen.publish.outgoing import belongs
from datagen.publish.scan import scan
from datagen.recheck import recheck
from datagen.recipe import load_recipe
from datagen.recount import counted_again
from datagen.tool_use.scripted import ReferenceTeacher
from hub.files import OutgoingFile
from hub.repository import Repository
from hub.scripted import Fault

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
ROOT = Path(__file__).parents[2]
SHARD, REJECTED = "data/sft/part-00000.parquet", "rejected/part-00000.parquet"
ALL = {"README.md", "croissant.json", "manifest.json", SHARD, REJECTED}
ROW, CONSTRAINT = 0, 0
Rows = list[dict[str, Any]]


def rewrite(dataset: Path, shard: str, change: Callable[[Rows], Rows | None]) -> None:
    """Other rows in a shard, with manifest and card put right: as somebody would who hides it."""
    schema = pl.read_parquet_schema(dataset / shard)
    rows = pl.read_parquet(dataset / shard).to_dicts()
    rows = change(rows) or rows
    pl.DataFrame(rows, schema=schema).write_parquet(dataset / shard)
    manifest = json.loads((dataset / "manifest.json").read_text())
    for entry in (entry for kind in manifest["shards"].values() for entry in kind if entry["path"] == shard):
        entry |= {"rows": len(rows), "sha256": hashlib.sha256((dataset / shard).read_bytes()).hexdigest()}
    recount(dataset, manifest)


def recount(dataset: Path, manifest: dict[str, Any]) -> None:
    """Every number of the manifest as the rows now have it, and card and Croissant file by it."""
    found = counted_again(dataset, manifest)
    stages, kept = manifest["stages"], found["rows"]
    for stage in reversed(stages):
        rejected = found["stages"][stage]["rejected"]
        stages[stage] |= {"in": kept + sum(rejected.values()), "kept": kept, "rejected": rejected}
        kept = stages[stage]["in"]
    for split, counts in found["splits"].items():
        manifest["splits"][split] |= counts
    manifest |= {key: found[key] for key in found.keys() & manifest.keys() - {"splits", "stages"}}
    (dataset / "manifest.json").write_text(json.dumps(manifest | {"attempts": kept}, ensure_ascii=False, indent=2))
    write_card(dataset)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Four rows of the sample, and four rejected ones."""
    copy = tmp_path / "dataset"
    shutil.copytree(ROOT / "samples" / "th", copy)
    for shard in (SHARD, REJECTED):
        rewrite(copy, shard, lambda rows: rows[:4])
    return copy


@pytest.fixture
def publish(run, hub, dataset) -> Callable[..., tuple[int, str]]:
    def invoke(*more: object, out: Path = dataset) -> tuple[int, str]:
        return run("publish", out, "--repo-id", "org/thai", "--endpoint", hub.url, *more)

    return invoke


def planted() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("leaks_benchmark", ROOT / "benchmarks" / "leaks.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.planted()


def test_a_dry_run_shows_and_sends_nothing(publish, hub):
    code, said = publish("--dry-run")
    assert code == 0, said
    assert "all 4 pass (4 sft)" in said
    assert f"+ {SHARD}" in said
    assert "sft +4" in said
    assert "rejected +4" in said
    assert not hub.repos
    assert all(line.startswith("GET") for line in hub.requests)


def test_what_is_downloaded_verifies_and_the_second_run_does_nothing(publish, hub, run, tmp_path):
    code, said = publish()
    assert code == 0, said
    assert "all 4 rows of the copy pass" in said
    repo = hub.repos["dataset", "org/thai"]
    (tag,) = repo.tags
    manifest = repo.head()["manifest.json"]
    assert tag == f"v-{manifest.sha256[:12]}"
    Repository("org/thai", "dataset", endpoint=hub.url).fetch(repo.tags[tag], list(repo.head()), tmp_path / "copy")
    assert run("verify", tmp_path / "copy")[0] == 0
    code, said = publish()
    assert (code, len(repo.commits)) == (0, 2)
    assert "nothing to do" in said


def test_rows_added_changed_and_removed_are_told(publish, dataset, hub):
    publish()

    def change(rows: Rows) -> Rows:
        rows[1]["judge"]["score"] = 9.5
        return rows[:3]

    rewrite(dataset, SHARD, change)
    code, said = publish("--dry-run")
    assert code == 0, said
    assert "sft 1 changed, -1" in said
    assert f"~ {SHARD}" in said


@pytest.mark.slow  # tests/hub/test_publication.py does the same below the command line, in every way a network fails
def test_cut_at_every_request_in_turn_a_second_run_completes_it(publish, hub):
    assert publish()[0] == 0
    every = list(hub.requests)
    for number in range(1, len(every) + 1):
        hub.forget()
        hub.fault = Fault(number, "refused")
        code, said = publish()
        assert code == 2, said
        assert hub.token not in said
        if repo := hub.repos.get(("dataset", "org/thai")):
            for there in repo.commits.values():
                assert set(there) in (
                    {".gitattributes"},
                    {".gitattributes", *ALL},
                )
            assert set(repo.tags.values()) <= {repo.branches["main"]}
        hub.fault = None
        assert publish()[0] == 0
        repo = hub.repos["dataset", "org/thai"]
        assert (len(repo.commits), list(repo.tags.values())) == (2, [repo.branches["main"]]), every[number - 1]


def flip_a_byte_of_a_shard(dataset: Path) -> str:
    data = bytearray((dataset / SHARD).read_bytes())
    data[len(data) // 2] ^= 1
    (dataset / REJECTED).write_bytes(data)
    return f"{REJECTED}: differs from the SHA-256 in the manifest"


def flip_a_verdict(dataset: Path) -> str:
    found: dict[str, str] = {}

    def change(rows: Rows) -> None:
        verdict = rows[ROW]["verdicts"][CONSTRAINT]
        found.update(row=rows[ROW]["id"], constraint=verdict["id"])
        verdict["outcome"] = "FAIL"

    rewrite(dataset, SHARD, change)
    return f"{found['row']} {found['constraint']}: stored as FAIL, now PASS"


def flip_a_byte_of_a_row(dataset: Path) -> str:
    found: list[str] = []

    def change(rows: Rows) -> None:
        constraint = rows[ROW]["constraints"][CONSTRAINT]
        prompt = next(m for m in rows[ROW]["messages"] if constraint["instruction"] in m["content"])
        prompt["content"] = prompt["content"].replace(constraint["instruction"], constraint["instruction"][:-1] + "x")
        found.extend((rows[ROW]["id"], constraint["id"]))

    rewrite(dataset, SHARD, change)
    return " ".join(found) + ":"


@pytest.mark.parametrize("flip", [flip_a_byte_of_a_shard, flip_a_verdict, flip_a_byte_of_a_row])
def test_one_flip_stops_it_and_is_named(flip, publish, dataset, hub):
    named = flip(dataset)
    code, said = publish()
    assert code == 1
    assert named in said
    assert not hub.repos


@pytest.mark.parametrize("flip", [flip_a_byte_of_a_shard, flip_a_verdict, flip_a_byte_of_a_row])
def test_one_flip_in_the_downloaded_copy_is_named(flip, publish, hub, run, tmp_path):
    publish()
    repo = hub.repos["dataset", "org/thai"]
    copy = tmp_path / "copy"
    Repository("org/thai", "dataset", endpoint=hub.url).fetch(repo.branches["main"], list(repo.head()), copy)
    named = flip(copy)
    code, said = run("verify", copy, "--json")
    problems = [f"{p['row']} {p['constraint']}: {p['what']}".replace(" : ", ": ") for p in json.loads(said)["problems"]]
    assert code == 1
    assert any(problem.startswith(named) for problem in problems), problems


def test_a_byte_that_changes_on_the_hub_is_named(publish, hub, dataset):
    publish()
    sha256 = OutgoingFile(SHARD, dataset / SHARD).sha256
    repo = hub.repos["dataset", "org/thai"]
    blob = repo.head()[SHARD]
    hub.store[sha256] = bytes([blob.content[0] ^ 1]) + blob.content[1:]
    code, said = publish()
    assert code == 1
    assert f"{SHARD}: the downloaded bytes differ" in said


PLANTED = planted()


@pytest.mark.parametrize("name", PLANTED)
def test_every_planted_item_stops_it_wherever_it_is(name, publish, dataset, hub):
    """In a row's prompt, in a rejected row, inside the JSON of a column; nothing of it is printed whole."""
    text = PLANTED[name]
    places = list(PLANTED)
    if places.index(name) % 3 == 0:
        rewrite(dataset, SHARD, lambda rows: rows[1].update(original=text))
        place = f"{SHARD}, row"
    elif places.index(name) % 3 == 1:
        rewrite(dataset, REJECTED, lambda rows: rows[2]["messages"][0].update(content=text))
        place = f"{REJECTED}, row"
    else:
        tools = json.dumps([{"arguments": json.dumps({"note": text})}])
        rewrite(dataset, SHARD, lambda rows: rows[3].update(tools=tools))
        place = "tools ["
    code, said = publish()
    assert code == 1, said
    assert "finds in 5 files" in said
    assert place in said
    longest = max(text.split(), key=len)
    assert len(longest) < 12 or longest not in said
    assert not hub.repos


@pytest.mark.parametrize("file", ["README.md", "manifest.json"])
def test_card_and_manifest_are_read_too(file, publish, dataset, hub):
    text = (dataset / file).read_text()
    addition = text.replace('"recipe": {', '"recipe": {"note": "081-234-5678",') if file == "manifest.json" else text
    (dataset / file).write_text(addition if file == "manifest.json" else text + "\nโทร ๐๘๑-๒๓๔-๕๖๗๘\n")
    code, said = publish()
    assert code == 1
    assert f"phone 08…78 (10 characters) in {file}, line" in said


def test_what_was_reviewed_with_a_reason_is_published(publish, dataset, tmp_path):
    rewrite(dataset, SHARD, lambda rows: rows[1].update(original="สายด่วน 081-234-5678"))
    _, said = publish()
    mark = said.partition("original [")[2][:12]
    review = tmp_path / "reviewed.txt"
    review.write_text(f"{mark}\n")
    code, said = publish("--reviewed", review)
    assert (code, "write why" in said) == (2, True)
    review.write_text(f"# looked at\n{mark} the hotline of an office\n")
    code, said = publish("--reviewed", review, "--dry-run")
    assert code == 0, said
    assert "reviewed: 1 phone" in said
    rewrite(dataset, SHARD, lambda rows: rows[1].update(original="สายด่วน 081-234-5679"))
    assert publish("--reviewed", review)[0] == 1  # another number is another find


def test_a_licence_conflict_stops_it_with_the_names(publish, dataset, hub):
    manifest = json.loads((dataset / "manifest.json").read_text())
    manifest["teacher"]["name"] = "meta-llama/Meta-Llama-3-8B-Instruct"
    (dataset / "manifest.json").write_text(json.dumps(manifest))
    code, said = publish()
    assert code == 1
    assert "meta-llama/Meta-Llama-3-8B-Instruct" in said
    assert not hub.repos


def test_a_card_with_another_licence_stops_it(publish, dataset, hub):
    card = dataset / "README.md"
    card.write_text(card.read_text().replace("license: cc0-1.0", "license: mit", 1))
    code, said = publish()
    assert code == 1
    assert "README.md says license: mit, the manifest makes it cc0-1.0" in said


def test_what_is_not_the_datasets_stays_at_home(publish, dataset, hub):
    (dataset / ".typhoon").mkdir()
    (dataset / ".typhoon" / "answers.sqlite").write_text("sk-ant-api03-" + "x9" * 40)
    (dataset / "notes.txt").write_text("mine")
    code, said = publish()
    assert code == 0, said
    assert "not published: .typhoon/answers.sqlite, notes.txt" in said
    assert set(hub.repos["dataset", "org/thai"].head()) == {".gitattributes", *ALL}


def test_a_link_out_of_the_folder_is_refused(publish, dataset, tmp_path, hub):
    (tmp_path / "elsewhere.parquet").write_bytes((dataset / REJECTED).read_bytes())
    (dataset / "rejected" / "part-00001.parquet").symlink_to(tmp_path / "elsewhere.parquet")
    code, said = publish()
    assert (code, "is a link that leads out of" in said) == (2, True)


@pytest.mark.parametrize(
    "path", ["README.md", "croissant.json", SHARD, "constraint_packs/a.yaml", "own_tools/tools.json"]
)
def test_what_belongs(path):
    assert belongs(path)


@pytest.mark.parametrize("path", [".env", "data/sft/.secret.parquet", "data/a/b/c.parquet", "x.parquet", "report.html"])
def test_what_does_not(path):
    assert not belongs(path)


def test_an_unfinished_build_is_not_published(publish, dataset):
    (dataset / "manifest.json").unlink()
    code, said = publish()
    assert (code, "lacks manifest.json" in said) == (2, True)


def test_constraints_that_ask_for_personal_data_are_known():
    assert set(ASKED_FOR) <= set(types())
    forms = {"forms.citizen_id", "forms.mobile_phone", "forms.email", "forms.bank_account", "forms.vehicle_plate"}
    assert forms <= set(ASKED_FOR)


def test_an_answer_may_hold_what_its_constraint_asks_for_and_a_prompt_may_not(dataset):
    def change(rows: Rows) -> None:
        for place, where in ((0, -1), (1, 0)):
            rows[place]["constraints"][0] |= {"id": "forms.mobile_phone"}
            rows[place]["messages"][where]["content"] += " 081-234-5678"

    rewrite(dataset, SHARD, change)
    found = scan([OutgoingFile(SHARD, dataset / SHARD)], {}, {})
    assert found.invented == {"phone": 1}
    assert [finding.column for finding in found.findings] == ["messages[0].content"]


@pytest.mark.parametrize("folder", ["th", "tools_th"])
def test_no_false_alarm_on_the_samples(folder):
    root = ROOT / "samples" / folder
    paths = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file()]
    files = [OutgoingFile(path, root / path) for path in paths if belongs(path)]
    done = scan(files, json.loads((root / "manifest.json").read_text()), {})
    assert (done.findings, done.files > 3, done.rows > 80) == ([], True, True)
    assert recheck(root).passed


def test_numbers_that_the_build_drew_are_invented_and_others_are_not(run, tmp_path):
    """Telephone and account numbers of scenarios, and the same rows with one that no program drew."""
    settings = [
        "kind=tools", "rows=14", "tools.domains=[parcels, money, government]", "tools.kinds={single: 1, multi_turn: 1}"
    ]  # fmt: skip
    recipe = load_recipe(BuildRecipe, None, settings)
    with ScriptedServer(ReferenceTeacher(recipe, "native")) as server:
        code, said = run("build", *settings[2:], "--kind", "tools", "--rows", 14, "--out", tmp_path / "tools",
                         "--base-url", server.base_url, "--model", "scripted")  # fmt: skip
    assert code == 0, said
    dataset, shard = tmp_path / "tools", "data/tool/part-00000.parquet"
    files = [OutgoingFile(shard, dataset / shard)]
    manifest = json.loads((dataset / "manifest.json").read_text())
    drawn = scan(files, manifest, {})
    assert drawn.findings == []
    assert drawn.invented["phone"] > 3
    assert scan(files, {}, {}).findings  # without the recipe that drew them nobody can know

    real = "0812345678"

    def claim(rows: Rows) -> None:  # in a message, and in a scenario that claims to have been drawn
        scenario = json.loads(rows[0]["scenario"])
        scenario["turns"][0]["calls"][0]["arguments"]["phone"] = real
        rows[0]["scenario"] = json.dumps(scenario, ensure_ascii=False)
        rows[0]["messages"][-1]["content"] += f" {real}"

    rewrite(dataset, shard, claim)
    edited = scan([OutgoingFile(shard, dataset / shard)], manifest, {})
    assert {finding.leak.value for finding in edited.findings} >= {real}
