"""Publishing to a Hub on loopback through the official client: whole or not at all, once, and read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from datagen.errors import PublishError
from hub.files import OutgoingFile, compare
from hub.publication import Sent, fetch_back, send, tag_of
from hub.repository import Repository
from hub.scripted import MODES, Blob, Fault, Repo, ScriptedHub

# The client hands a file to httpx2 in a way that httpx2 no longer likes.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
TAG = tag_of("ab" * 32)
CARD = b"---\nlicense: cc0-1.0\n---\n# card\n"
ID = "org/name"


def ours(path: str) -> bool:
    return path.startswith("data/") or path == "README.md"


@pytest.fixture
def files(tmp_path: Path) -> list[OutgoingFile]:
    shards = []
    for number in range(2):
        shard = tmp_path / f"{number}.parquet"
        shard.write_bytes(bytes(range(256)) * (number + 1))
        shards.append(OutgoingFile(f"data/sft/{number}.parquet", shard))
    return [*shards, OutgoingFile("README.md", CARD)]


def publish(hub: ScriptedHub, files: list[OutgoingFile], copy: Path, branch: str = "main") -> Sent:
    """All of it, as both commands do it."""
    repository = Repository(ID, "dataset", endpoint=hub.url, branch=branch)
    sent = send(repository, repository.look(), files, ours, tag=TAG, message="rows")
    assert fetch_back(repository, sent.commit, files, copy) == []
    return sent


def whole(commit: dict[str, Blob], files: list[OutgoingFile]) -> bool:
    there = {path: blob.sha256 for path, blob in commit.items() if ours(path)}
    return there == {file.path: file.sha256 for file in files}


def test_one_commit_a_tag_and_nothing_the_second_time(hub, files, tmp_path):
    first = publish(hub, files, tmp_path / "a")
    repo = hub.repos["dataset", ID]
    assert whole(repo.head(), files)
    assert repo.tags == {TAG: first.commit}
    assert (first.made, first.tag_made) == (True, True)
    requests = len(hub.requests)
    second = publish(hub, files, tmp_path / "b")
    assert (second.commit, second.made, second.tag_made) == (first.commit, False, False)
    assert len(repo.commits) == 2  # the Hub's own first one, and ours
    assert not [line for line in hub.requests[requests:] if line.startswith(("PUT", "POST"))]


def test_the_token_goes_to_the_hub_and_not_to_the_storage(hub, files, tmp_path):
    publish(hub, files, tmp_path / "a")
    assert len(hub.tokens_to_storage) == 4  # two files up, two down
    assert set(hub.tokens_to_storage) == {""}


def requests_of_a_publication(files: list[OutgoingFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    with ScriptedHub() as server:
        monkeypatch.setenv("HF_TOKEN", server.token)
        publish(server, files, tmp_path / "counted")
        return server.requests


@pytest.mark.parametrize("mode", MODES)
def test_cut_at_every_request_in_turn(mode, hub, files, tmp_path, monkeypatch):
    """From each request on the network is gone: nothing is half published, and a second run completes it."""
    every = requests_of_a_publication(files, tmp_path, monkeypatch)
    assert len(every) > 20
    monkeypatch.setenv("HF_TOKEN", hub.token)
    for number in range(1, len(every) + 1):
        hub.forget()
        hub.fault = Fault(number, mode)
        with pytest.raises(PublishError) as failure:
            publish(hub, files, tmp_path / f"cut{number}")
        assert hub.token not in str(failure.value)
        assert "\n" not in str(failure.value)
        if repo := hub.repos.get(("dataset", ID)):
            assert_nothing_is_half_there(repo, files)
        hub.fault = None
        sent = publish(hub, files, tmp_path / f"again{number}")
        repo = hub.repos["dataset", ID]
        assert whole(repo.commits[sent.commit], files)
        assert repo.tags == {TAG: sent.commit}, f"cut at {every[number - 1]}"
        assert len(repo.commits) == 2, f"committed twice after a cut at {every[number - 1]}"


def assert_nothing_is_half_there(repo: Repo, files: list[OutgoingFile]) -> None:
    for commit, there in repo.commits.items():
        assert whole(there, files) or set(there) == {".gitattributes"}, commit
    for tag, commit in repo.tags.items():
        assert whole(repo.commits[commit], files), tag


@pytest.mark.parametrize("mode", MODES)
def test_one_lost_request_at_any_place_never_harms(mode, hub, files, tmp_path, monkeypatch):
    """The client tries most requests again by itself; whether it does or not, the end is the same."""
    every = requests_of_a_publication(files, tmp_path, monkeypatch)
    monkeypatch.setenv("HF_TOKEN", hub.token)
    for number in range(1, len(every) + 1):
        hub.forget()
        hub.fault = Fault(number, mode, once=True)
        try:
            publish(hub, files, tmp_path / f"cut{number}")
        except PublishError:
            publish(hub, files, tmp_path / f"again{number}")
        repo = hub.repos["dataset", ID]
        assert whole(repo.head(), files)
        assert repo.tags == {TAG: repo.branches["main"]}
        assert len(repo.commits) == 2


def test_what_is_no_longer_ours_goes_and_what_is_none_of_ours_stays(hub, files, tmp_path):
    publish(hub, files, tmp_path / "a")
    repo = hub.repos["dataset", ID]
    repo.add("main", {**repo.head(), "photo.png": Blob(b"png", False)}, "by hand")
    fewer = files[1:]
    repository = Repository(ID, "dataset", endpoint=hub.url)
    difference = compare(fewer, repository.look().files, ours)
    assert [file.path for file in difference.removed] == ["data/sft/0.parquet"]
    assert {file.path for file in difference.kept} == {".gitattributes", "photo.png"}
    send(repository, repository.look(), fewer, ours, tag="v-other", message="fewer")
    assert set(repo.head()) == {".gitattributes", "photo.png", "README.md", "data/sft/1.parquet"}


def test_a_commit_of_somebody_else_in_between_is_never_overwritten(hub, files, tmp_path):
    publish(hub, files, tmp_path / "a")
    repository = Repository(ID, "dataset", endpoint=hub.url)
    seen = repository.look()
    repo = hub.repos["dataset", ID]
    repo.add("main", {**repo.head(), "README.md": Blob(b"theirs", False)}, "theirs")
    mine = [*files[:2], OutgoingFile("README.md", CARD + b"mine")]
    with pytest.raises(PublishError, match="somebody else wrote to it meanwhile"):
        send(repository, seen, mine, ours, tag="v-mine", message="mine")
    assert repo.head()["README.md"].content == b"theirs"
    assert "v-mine" not in repo.tags


def test_a_file_that_changes_after_it_was_looked_at_is_not_published(hub, files, tmp_path):
    repository = Repository(ID, "dataset", endpoint=hub.url)
    assert [file.sha256 for file in files]
    (tmp_path / "0.parquet").write_bytes(b"other bytes")
    with pytest.raises(PublishError, match=r"data/sft/0.parquet changed while"):
        send(repository, repository.look(), files, ours, tag=TAG, message="rows")
    assert len(hub.repos["dataset", ID].commits) == 1


def test_bytes_that_come_back_otherwise_are_named(hub, files, tmp_path):
    sent = publish(hub, files, tmp_path / "a")
    shard = files[0]
    hub.store[shard.sha256] = bytes([255]) + hub.store[shard.sha256][1:]
    repository = Repository(ID, "dataset", endpoint=hub.url)
    wrong = fetch_back(repository, sent.commit, files, tmp_path / "b")
    assert wrong == ["data/sft/0.parquet: the downloaded bytes differ from those sent"]


def test_a_branch_is_made_and_committed_to(hub, files, tmp_path):
    sent = publish(hub, files, tmp_path / "a", branch="next")
    repo = hub.repos["dataset", ID]
    assert repo.branches["next"] == sent.commit
    assert set(repo.head("main")) == {".gitattributes"}


def test_a_public_repository_is_not_taken_for_a_private_one(hub, files, tmp_path):
    publish(hub, files, tmp_path / "a")
    repository = Repository(ID, "dataset", endpoint=hub.url)
    with pytest.raises(PublishError, match="is public, and --private does not change that"):
        send(repository, repository.look(), files, ours, tag=TAG, message="rows", private=True)


def test_private_is_private(hub, files, tmp_path):
    repository = Repository(ID, "dataset", endpoint=hub.url)
    send(repository, repository.look(), files, ours, tag=TAG, message="rows", private=True)
    assert hub.repos["dataset", ID].private


def test_a_wrong_token_is_one_sentence_without_it(hub, files, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_wrongwrongwrongwrongwrong")
    repository = Repository(ID, "dataset", endpoint=hub.url)
    with pytest.raises(PublishError, match="sign in with `hf auth login`") as failure:
        send(repository, repository.look(), files, ours, tag=TAG, message="rows")
    assert "hf_wrong" not in str(failure.value)
    assert failure.value.__cause__ is None


def test_no_token_is_said_before_anything_is_asked(hub, files, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("hub.repository.get_token", lambda: None)
    repository = Repository(ID, "dataset", endpoint=hub.url)
    there = repository.look()
    before = len(hub.requests)
    with pytest.raises(PublishError, match="set HF_TOKEN"):
        send(repository, there, files, ours, tag=TAG, message="rows")
    assert len(hub.requests) == before


@pytest.mark.parametrize("repo_id", ["name", "a/b/c", "org/na me", "org/..", "/name"])
def test_an_id_that_is_none(repo_id):
    with pytest.raises(PublishError, match="--repo-id"):
        Repository(repo_id, "dataset")


@pytest.mark.parametrize(
    "endpoint", ["http://hub.example.com", "ftp://127.0.0.1.example.com", "http://localhost.evil.com"]
)
def test_a_token_never_travels_in_the_clear(endpoint):
    with pytest.raises(PublishError, match="must begin with https"):
        Repository(ID, "dataset", endpoint=endpoint)
