"""A scripted server that also speaks the Batch API: files, batches, output and error files, partial failures.

A batch's questions are answered by the same script as chat requests when the batch has been looked at `polls` times.
A `Fault` of kind `status` becomes a line of the error file, any other fault a question missing from both files, as
when a batch expires. `ending` is the status batches end with. `submitted` holds the questions of each batch.
"""

from __future__ import annotations

import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from datagen.llm.scripted import ScriptedServer, completion
from datagen.llm.scripted_replies import Body, Fault, Reply

__all__ = ["ScriptedBatchServer"]


class ScriptedBatchServer(ScriptedServer):
    """`ScriptedServer` with `/v1/files` and `/v1/batches`."""

    def __init__(self, *arguments: Any, polls: int = 2, ending: str = "completed", **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.polls, self.ending = polls, ending
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Body] = {}
        self.submitted: list[list[Body]] = []
        self._looks: dict[str, int] = {}

    def route(self, method: str, path: str, raw: bytes, content_type: str) -> tuple[int, object] | None:
        path, _, query = path.removeprefix("/v1").partition("?")
        match (method, path.strip("/").split("/")):
            case ("POST", ["files"]):
                return 200, {"id": self._keep(_uploaded(raw, content_type)), "object": "file", "purpose": "batch"}
            case ("POST", ["batches"]):
                return 200, self._submit(json.loads(raw))
            case ("GET", ["batches"]):
                return 200, self._page(query)
            case ("GET", ["batches", name]) if name in self.batches:
                return 200, self._look(self.batches[name])
            case ("GET", ["files", name, "content"]) if name in self.files:
                return 200, self.files[name]
        return None

    def _keep(self, content: bytes) -> str:
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return name

    def _submit(self, asked: Body) -> Body:
        batch = {
            "id": f"batch_{len(self.batches)}",
            "object": "batch",
            "status": "in_progress",
            "input_file_id": asked["input_file_id"],
            "metadata": asked.get("metadata"),
        }
        self.batches[batch["id"]] = batch
        self.submitted.append([json.loads(line) for line in self.files[asked["input_file_id"]].splitlines()])
        return dict(batch)

    def _page(self, query: str) -> Body:
        """One batch a page, newest first, so that whoever lists must turn pages."""
        names = list(reversed(self.batches))
        after = dict(part.split("=") for part in query.split("&") if part).get("after")
        start = names.index(after) + 1 if after else 0
        page = [self.batches[name] for name in names[start : start + 1]]
        return {"object": "list", "data": page, "has_more": start + 1 < len(names)}

    def _look(self, batch: Body) -> Body:
        name = batch["id"]
        self._looks[name] = self._looks.get(name, 0) + 1
        if batch["status"] == "in_progress" and self._looks[name] >= self.polls:
            self._finish(batch)
        return dict(batch)

    def _finish(self, batch: Body) -> None:
        batch["status"] = self.ending
        if self.ending == "failed":
            batch["errors"] = {"data": [{"message": "the script fails its batches"}]}
            return
        output, errors = [], []
        for line in self.submitted[int(batch["id"].removeprefix("batch_"))]:
            answer = self.reply(line["body"])
            head = {"id": "item", "custom_id": line["custom_id"]}
            if isinstance(answer, Fault):
                if answer.kind == "status":
                    body = {"error": {"message": answer.message}}
                    errors.append({**head, "response": {"status_code": answer.status, "body": body}, "error": None})
                continue
            reply = Reply(answer) if isinstance(answer, str) else answer
            response = {"status_code": 200, "body": completion(line["body"], [reply])}
            output.append({**head, "response": response, "error": None})
        for key, lines in (("output_file_id", output), ("error_file_id", errors)):
            if lines:
                batch[key] = self._keep("\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode())


def _uploaded(raw: bytes, content_type: str) -> bytes:
    """The file in a multipart form."""
    form = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + raw)
    for part in form.iter_parts():
        if part.get_filename():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content
    raise ValueError("the form holds no file")
