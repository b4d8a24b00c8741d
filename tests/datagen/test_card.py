"""Cards: what the Hub and Croissant readers accept, every number from the manifest, every number from the rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from datagen.card import render_card, write_card
from datagen.card.examples import example_rows, shown
from datagen.errors import DatasetError
from datagen.record import Message, Record, Source, ToolCall
from datagen.recount import counted_again, disagreements

_ROOT = Path(__file__).parents[2]
SAMPLES = ("th", "tools_th")


@pytest.fixture(params=SAMPLES)
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a shipped sample, to be changed."""
    return Path(shutil.copytree(_ROOT / "samples" / request.param, tmp_path / request.param))


def manifest_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def put(folder: Path, manifest: Any) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


@pytest.mark.parametrize("name", SAMPLES)
def test_card_is_manifest_is_data(name: str) -> None:
    folder = _ROOT / "samples" / name
    manifest = manifest_of(folder)
    assert list(disagreements(folder, manifest)) == []
    card = render_card(manifest, example_rows(folder, manifest))
    assert (folder / "README.md").read_text(encoding="utf-8") == card
    assert (_ROOT / "data_cards" / f"{name}.md").read_text(encoding="utf-8") == card


def test_a_sample_is_written_again_byte_for_byte(sample: Path) -> None:
    before = {file.name: file.read_bytes() for file in sample.iterdir() if file.is_file()}
    write_card(sample)
    assert {file.name: file.read_bytes() for file in sample.iterdir() if file.is_file()} == before
    assert set(before) == {"README.md", "croissant.json", "manifest.json"}


def test_the_hub_reads_the_header(sample: Path) -> None:
    from huggingface_hub import DatasetCard

    card, manifest = DatasetCard.load(sample / "README.md"), manifest_of(sample)
    data = card.data.to_dict()
    assert data["license"] == manifest["license"]["id"]
    assert data["language"] == ["th"]
    assert data["size_categories"] == ["n<1K"]
    assert data["task_categories"] == ["text-generation"]
    paths = [file["path"] for config in data["configs"] for file in config["data_files"]]
    for kind, shards in manifest["shards"].items():
        assert any(file.match(path) for path in paths for file in [Path(shards[0]["path"])]), kind
    assert [config.get("default") for config in data["configs"]] == [True, None]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib
def test_croissant_readers_accept_the_file_and_read_every_row(sample: Path) -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(sample / "croissant.json"))
    manifest = manifest_of(sample)
    assert dataset.metadata.ctx.issues.errors == set()
    told = {kind: sum(shard["rows"] for shard in shards) for kind, shards in manifest["shards"].items()}
    read = {kind: list(dataset.records(kind)) for kind in told}
    assert {kind: len(rows) for kind, rows in read.items()} == told
    split = next(iter(told))
    first = example_rows(sample, manifest)[0]
    said = [turn[f"{split}/messages/content"].decode() for turn in read[split][0][f"{split}/messages"]]
    assert said == [message.content for message in first.messages]
    hashes = {node.id: getattr(node, "sha256", None) for node in dataset.metadata.distribution}
    assert hashes | {s["path"]: s["sha256"] for shards in manifest["shards"].values() for s in shards} == hashes


def _plus_one(*path: str) -> Callable[[Any], None]:
    def change(manifest: Any) -> None:
        for key in path[:-1]:
            manifest = manifest[key]
        manifest[path[-1]] += 1

    return change


def _of_sources(manifest: Any) -> None:
    manifest["sources"][0]["license"] = "MIT"


def _of_reasons(manifest: Any) -> None:
    reasons = next(stage["rejected"] for stage in manifest["stages"].values() if len(stage["rejected"]) > 1)
    one, other = list(reasons)[:2]
    reasons[one], reasons[other] = reasons[one] + 1, reasons[other] - 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_plus_one("rows"), "rows is"),
        (_plus_one("attempts"), "attempts is"),
        (_of_sources, "sources is"),
        (_of_reasons, "rejected."),
        (_plus_one("checked_answers_per_row", "1"), "checked_answers_per_row.1 is"),
        (_plus_one("repaired", "kept"), "repaired.kept is"),
        (lambda manifest: _plus_one("splits", next(iter(manifest["splits"])), "got")(manifest), "splits."),
        (lambda manifest: manifest["stages"]["dedup"].update({"in": 1000}), "stages.dedup"),
        (lambda manifest: manifest["judge_scores"].update({"9": 3}), "judge_scores.9 is 3"),
        (lambda manifest: manifest["constraints"].update({"length.lines": 3}), "constraints.length.lines is 3"),
    ],
)
def test_a_number_that_is_not_the_rows_is_named_by_verify(sample: Path, run: Any, change: Any, named: str) -> None:
    manifest = manifest_of(sample)
    change(manifest)
    put(sample, manifest)
    assert any(named in what for _, what in disagreements(sample, manifest))
    code, text = run("verify", sample)
    assert code == 1
    assert "manifest.json" in text


def test_an_edited_card_is_named_and_can_be_written_again(sample: Path, run: Any) -> None:
    card = sample / "README.md"
    card.write_text(card.read_text(encoding="utf-8").replace("| dedup |", "| deduped |"), encoding="utf-8")
    (sample / "croissant.json").unlink()
    wrong = dict(disagreements(sample, manifest_of(sample)))
    assert wrong.keys() == {"README.md", "croissant.json"}
    assert run("verify", sample)[0] == 1
    assert run("card", sample)[0] == 0
    assert run("verify", sample)[0] == 0


def test_every_number_of_the_card_is_the_manifests(sample: Path) -> None:
    """Other numbers in the manifest, other numbers in the card: none is written down in the template."""
    manifest = manifest_of(sample)
    manifest["rows"], manifest["attempts"] = 71_234, 987_654
    for number, stage in enumerate(manifest["stages"].values()):
        stage |= {"in": 500_000 + number, "kept": 400_000 + number, "rejected": {"made_up": 300_000 + number}}
    manifest["judge_scores"] = {"9": 222_222}
    card = render_card(manifest, [])
    for number in ("71234", "987654", "500001", "400001", "300001"):
        assert number in card
    assert ("222222" in card) == manifest["recipe"]["judge"]["enabled"]
    assert yaml.safe_load(card.split("---")[1])["size_categories"] == ["10K<n<100K"]


def test_counting_again_finds_what_the_build_counted(sample: Path) -> None:
    found = counted_again(sample, manifest := manifest_of(sample))
    for key in (
        "rows",
        "sources",
        "constraints",
        "constraints_per_row",
        "repaired",
        "judge_scores",
        "yields",
        "shards",
    ):
        assert found[key] == manifest[key], key


def test_conflicts_stop_the_publication_in_the_card_until_somebody_puts_their_name_to_it(
    sample: Path, run: Any
) -> None:
    manifest = manifest_of(sample)
    manifest["teacher"]["name"] = "gpt-4o"
    put(sample, manifest)
    code, text = run("card", sample)
    assert (code, "gpt-4o (teacher" in text, "must not be published" in text) == (0, True, True)
    card = (sample / "README.md").read_text(encoding="utf-8")
    assert "license: other\nlicense_name: unresolved" in card
    assert "must not be published" in card
    assert "gpt-4o" in card

    assert run("card", sample, "--override-licence", "CC-BY-4.0; Legal; a contract of 2 May")[0] == 0
    card = (sample / "README.md").read_text(encoding="utf-8")
    assert "license: cc-by-4.0\n" in card
    assert 'by the written word of Legal: "a contract of 2 May"' in card
    assert "gpt-4o (teacher" in card  # what stood against it stays
    kept = manifest_of(sample)
    assert kept["license_override"] == {"license": "CC-BY-4.0", "who": "Legal", "why": "a contract of 2 May"}
    assert "creativecommons.org/licenses/by/4.0" in (sample / "croissant.json").read_text(encoding="utf-8")
    assert run("card", sample)[0] == 0  # the word is kept
    assert "a contract of 2 May" in (sample / "README.md").read_text(encoding="utf-8")


def test_a_word_without_its_three_parts_is_refused(sample: Path, run: Any) -> None:
    code, text = run("card", sample, "--override-licence", "MIT; me")
    assert (code, "LICENCE; WHO; WHY" in text) == (2, True)


def test_a_folder_without_a_manifest_has_no_card(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="finished build"):
        write_card(tmp_path)
    put(tmp_path, {"rows": 3})
    with pytest.raises(DatasetError, match="damaged"):
        write_card(tmp_path)


def _record(*messages: Message) -> Record:
    return Record("r", "r", 0, "th", Source("s", "1", "MIT"), messages)


def test_an_example_reads_as_the_row_does() -> None:
    call = ToolCall("1", "find", '{"place": "\\u0e15\\u0e23\\u0e32\\u0e14"}')
    turns = shown(
        _record(
            Message("user", "หนึ่ง\nสอง\n\n```\n<b>สาม"),
            Message("assistant", "", (call,)),
            Message("tool", '{"ok": "`ดี`"}', tool_call_id="1"),
            Message("assistant", "ยาว" * 1000),
        )
    )["turns"]
    assert turns[0] == ("user", "> หนึ่ง  \n> สอง\n>\n> ```  \n> \\<b>สาม")
    assert turns[1] == ("call", '`find` `{"place": "ตราด"}`')
    assert turns[2] == ("result", '`` {"ok": "`ดี`"} ``')
    assert turns[3][1].endswith("… (3,000 characters)")


def test_a_build_writes_the_same_documents_as_the_command_after_it(
    run: Any, build_arguments: Any, teacher: Any, tmp_path: Path
) -> None:
    held_out = tmp_path / "held_out.jsonl"
    held_out.write_text('{"prompt": "อยากรู้ว่าดาวอังคารมีน้ำไหม"}\n{"prompt": "แนะนำหนังสือหน่อย"}\n', encoding="utf-8")
    terms = json.dumps({"license": "House", "outputs": "allowed", "url": "https://example.org/terms"})
    out = tmp_path / "ds"
    code, text = run(*build_arguments(teacher, out), f"decontaminate.against=[{held_out}]", f"teacher.terms={terms}")
    assert code == 0, text
    before = {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()}
    card = before["README.md"].decode()
    assert "compared with 2 prompts of held_out.jsonl. Dropped" in card  # the name; where it lay is not told
    assert "[House](https://example.org/terms), as stated in the recipe" in card
    assert run("verify", out)[0] == 0
    assert run("card", out, "--to", tmp_path / "copy.md")[0] == 0
    assert {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()} == before
    assert (tmp_path / "copy.md").read_bytes() == before["README.md"]

    # Other terms and a written word are no other recipe; the manifest itself is a recipe.
    again = run("build", out / "manifest.json", "--out", out, "license_override=MIT; me; why")
    assert again[0] == 0, again[1]
    again = run("build", out / "manifest.json", "--out", tmp_path / "again", "--base-url", teacher.base_url)
    assert again[0] == 0, again[1]
    assert manifest_of(tmp_path / "again")["shards"] == manifest_of(out)["shards"]
