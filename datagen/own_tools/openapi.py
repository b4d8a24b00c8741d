"""Operations of an OpenAPI 3.0 or 3.1 file as tools: definitions here, requests in http_calls.py.

Each operation becomes a tool whose schema holds its path, query and header parameters and the fields of its JSON body,
all by name; where two have the same name, or the body is no object, the body stands as a whole under "body". Only
references within the file are followed. An operation that cannot be a tool (no JSON body, a schema out of bounds, a
cookie that is required) is left out and reported; the others are offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from datagen.errors import ToolFileError
from datagen.own_tools.definitions import Definitions, OwnTool, cleaned_name, shown, texts_of, tool_parameters
from datagen.tools.limits import pointed_at
from datagen.tools.tool import Run

__all__ = ["Operation", "add_operations", "base_url_of", "require_openapi"]

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_PLACES = ("path", "query", "header")
# The client's own business: a model that sets them could change whom a request is for.
_HEADERS_KEPT = frozenset(("accept", "content-type", "authorization", "host", "cookie", "content-length", "connection"))
_MAX_OPERATIONS = 2_000
_REFERENCES = 10


@dataclass(frozen=True, slots=True)
class Operation:
    """How a call becomes a request. `places`: property -> (path, query, header or body, the name there).

    `whole_body`: the property that is the body; "" where the body is made of the properties in "body".
    """

    name: str
    method: str
    path: str
    places: Mapping[str, tuple[str, str]]
    whole_body: str = ""

    @property
    def writes(self) -> bool:
        return self.method not in ("GET", "HEAD", "OPTIONS")


def require_openapi(tree: Mapping[str, Any], place: str) -> None:
    """Raises ToolFileError where the file is none of a version that is known here."""
    version = tree.get("openapi")
    if not isinstance(version, str) or not version.startswith(("3.0", "3.1")):
        raise ToolFileError(f"{place}: no OpenAPI 3.0 or 3.1 file (openapi: {shown(str(version))!r})")


def base_url_of(tree: Mapping[str, Any], given: str | None, place: str) -> str:
    """Where requests go: as given, else the file's first server.

    Raises:
        ToolFileError: neither names a whole http(s) URL.
    """
    url = given
    if url is None:
        servers = tree.get("servers")
        first = servers[0] if isinstance(servers, list) and servers else None
        url = first.get("url") if isinstance(first, Mapping) else None
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        usable = parts is not None and parts.scheme in ("http", "https") and parts.hostname and "{" not in parts.netloc
        usable = bool(usable) and (parts is None or parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise ToolFileError(
            f"{place}: the server {shown(str(url))!r} is no whole URL such as https://api.example.org/v1; give base_url"
        )
    return str(url).rstrip("/")


def add_operations(
    tree: Mapping[str, Any], found: Definitions, domain: str, wanted: list[str] | None, run_of: Any
) -> None:
    """The tools of the file. `run_of(operation) -> Run`; `wanted`: operationIds or "GET /path", else all.

    Raises:
        ToolFileError: an operation that is wanted is not in it.
    """
    unseen = set(wanted or ())
    for number, (method, path, item, operation) in enumerate(_operations(tree, found)):
        if number >= _MAX_OPERATIONS:
            found.note("left_out", "", f"everything after the first {_MAX_OPERATIONS:,} operations")
            break
        label = f"{method.upper()} {path}"
        given_id = operation.get("operationId")
        if wanted is not None:
            if not {label, given_id} & set(wanted):
                continue
            unseen -= {label, given_id}
        try:
            _add(tree, found, domain, (label, item, operation), run_of)
        except (ToolFileError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as exc:
            what = str(exc).removeprefix(f"{found.place_of(label)}: ") if isinstance(exc, ToolFileError) else repr(exc)
            found.note("left_out", label, what[:500])
    if unseen:
        raise ToolFileError(f"{found.place}: there is no operation {shown(sorted(unseen)[0])!r}")


def _operations(
    tree: Mapping[str, Any], found: Definitions
) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    paths = tree.get("paths")
    if not isinstance(paths, Mapping):
        raise ToolFileError(f"{found.place}: there are no paths")
    for path, item in paths.items():
        try:
            item = _followed(tree, item, found.place_of(str(path)))
        except ToolFileError as exc:
            found.note("left_out", str(path), str(exc).removeprefix(f"{found.place_of(str(path))}: "))
            continue
        for method in _METHODS:
            if isinstance(item, Mapping) and isinstance(item.get(method), Mapping):
                yield method, str(path), item, item[method]


def _add(
    tree: Mapping[str, Any],
    found: Definitions,
    domain: str,
    described: tuple[str, Mapping[str, Any], Mapping[str, Any]],
    run_of: Any,
) -> None:
    label, item, operation = described
    place = found.place_of(label)
    method, _, path = label.partition(" ")
    given_id = operation.get("operationId")
    raw = given_id if isinstance(given_id, str) and given_id else f"{method.lower()}_{path}"
    name = cleaned_name(raw, found.taken)
    if not name:
        raise ToolFileError(f"{place}: no name can be made of {shown(raw)!r}; give it an operationId")
    parameters = list(_parameters(tree, item, operation, place))
    body, required_body = _body(tree, operation, place)
    schema, places, whole_body = _merged(parameters, body, required_body)
    request = Operation(name, method, path, places, whole_body)
    run: Run = run_of(request)
    texts = [text.strip() for text in (operation.get("summary"), operation.get("description")) if isinstance(text, str)]
    found.add(
        OwnTool(
            name,
            domain,
            texts_of("\n".join(dict.fromkeys(texts)) or label, f"{place}: description"),
            tool_parameters(schema, place, root=tree),
            run,
            request.writes,
            "openapi",
        )
    )
    if isinstance(given_id, str) and name != given_id:
        found.note("changed", label, f"the operationId {shown(given_id)!r} became {name!r}")


def _parameters(
    tree: Mapping[str, Any], item: Mapping[str, Any], operation: Mapping[str, Any], place: str
) -> Iterator[dict[str, Any]]:
    """{name, in, required, schema} of each: the operation's own replace the path's."""
    by_key: dict[tuple[Any, Any], Mapping[str, Any]] = {}
    for each in (*(item.get("parameters") or ()), *(operation.get("parameters") or ())):
        parameter = _followed(tree, each, place)
        by_key[parameter["name"], parameter["in"]] = parameter
    for (name, where), parameter in by_key.items():
        if not isinstance(name, str):
            raise ToolFileError(f"{place}: a parameter's name must be a text (given: {name!r:.80})")
        if where == "cookie" and parameter.get("required"):
            raise ToolFileError(f"{place}: needs the cookie {shown(name)!r}")
        if where not in _PLACES or (where == "header" and name.lower() in _HEADERS_KEPT):
            continue
        schema = parameter.get("schema")
        if schema is None:
            media = next(iter((parameter.get("content") or {}).values()), {})
            schema = media.get("schema", {})
        if isinstance(parameter.get("description"), str) and isinstance(schema, Mapping):
            schema = {**schema, "description": schema.get("description") or parameter["description"]}
        required = where == "path" or bool(parameter.get("required"))
        yield {"name": name, "in": where, "required": required, "schema": schema}


def _body(tree: Mapping[str, Any], operation: Mapping[str, Any], place: str) -> tuple[Any, bool]:
    """The schema of the JSON body, None without one; whether it is required."""
    if operation.get("requestBody") is None:
        return None, False
    body = _followed(tree, operation["requestBody"], place)
    for media, said in (body.get("content") or {}).items():
        if media.partition(";")[0].strip().lower() in ("application/json", "*/*") or media.endswith("+json"):
            schema = said.get("schema", {})
            if isinstance(schema, Mapping) and set(schema) == {"$ref"}:
                schema = _followed(tree, schema, place)
            return schema, bool(body.get("required"))
    if body.get("required"):
        raise ToolFileError(f"{place}: its body is no JSON, but {', '.join(map(str, body.get('content') or ()))[:100]}")
    return None, False


def _merged(
    parameters: list[dict[str, Any]], body: Any, required_body: bool
) -> tuple[dict[str, Any], dict[str, tuple[str, str]], str]:
    """One schema for parameters and body, where each property goes, and the property that is the body, if one is."""
    properties: dict[str, Any] = {}
    places: dict[str, tuple[str, str]] = {}
    required: list[str] = []
    for each in parameters:
        name = each["name"] if each["name"] not in properties else f"{each['in']}_{each['name']}"
        properties[name] = each["schema"]
        places[name] = (each["in"], each["name"])
        required += [name] if each["required"] else []
    whole_body = ""
    if body is not None:
        fields = body.get("properties") if isinstance(body, Mapping) and set(body) <= _PLAIN_OBJECT else None
        if isinstance(fields, Mapping) and fields and not set(fields) & set(properties) and required_body:
            properties |= dict(fields)
            places |= {name: ("body", name) for name in fields}
            required += [name for name in body.get("required") or () if name in fields]
        else:
            whole_body = "body" if "body" not in properties else "request_body"
            properties[whole_body] = body
            required += [whole_body] if required_body else []
    return {"type": "object", "properties": properties, "required": required}, places, whole_body


_PLAIN_OBJECT = {"type", "properties", "required", "title", "description", "example", "examples", "xml", "default"}


def _followed(tree: Mapping[str, Any], value: Any, place: str) -> Any:
    """A parameter, body or path that may be given by reference within the file."""
    for _ in range(_REFERENCES):
        if not isinstance(value, Mapping) or "$ref" not in value:
            if not isinstance(value, Mapping):
                raise ToolFileError(f"{place}: an object must stand where {value!r:.60} does")
            return value
        reference = value["$ref"]
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise ToolFileError(
                f"{place}: the $ref {shown(str(reference))!r} leads out of the file; it is not followed"
            )
        try:
            value = pointed_at(tree, reference)
        except LookupError as exc:
            raise ToolFileError(f"{place}: nothing stands at the $ref {shown(reference)!r}") from exc
    raise ToolFileError(f"{place}: a $ref leads to a $ref more than {_REFERENCES} times")
