"""Croissant metadata of a dataset: its files with their hashes, and the columns of every split.

Format: http://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html. Files are named as they lie in the dataset's
folder, so a copy can be read with any Croissant reader where it lies. A list of structures is a repeated field, and
what is nested deeper (the calls of a message) is only named in its description. There is no date: the file is a
function of the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from datagen.card.header import card_title, splits_of
from datagen.licences.source_licences import known_licence
from datagen.split_rows import rejected_schema, schema_of

__all__ = ["croissant_text"]

# The context of the specification, section "JSON-LD context".
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "recordSet": "cr:recordSet",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_PARQUET = "application/x-parquet"
_TYPES = {pl.String: "sc:Text", pl.Int64: "sc:Integer", pl.Float64: "sc:Float"}


def croissant_text(manifest: Mapping[str, Any]) -> str:
    """croissant.json, canonical: the same manifest makes the same bytes."""
    sets = {split: (f"data/{split}/*.parquet", schema_of(split)) for split in splits_of(manifest)}
    if manifest["shards"].get("rejected"):
        sets["rejected"] = ("rejected/*.parquet", rejected_schema(sets))
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": card_title(manifest),
        "description": _description(manifest),
        "license": _licence(manifest["license"]),
        "inLanguage": manifest["recipe"]["lang"],
        "isLiveDataset": False,
        "distribution": [*_files(manifest), *(_file_set(name, includes) for name, (includes, _) in sets.items())],
        "recordSet": [_record_set(name, schema) for name, (_, schema) in sets.items()],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _description(manifest: Mapping[str, Any]) -> str:
    return (
        f"{card_title(manifest)}: {manifest['rows']} rows kept of {manifest['attempts']} candidates, each re-checked "
        "offline by `typhoon-data verify`. README.md is the card."
    )


def _licence(licence: Mapping[str, Any]) -> str | list[str]:
    """URLs of the licences; a name where there is none to link to."""
    if licence["id"] == "other" and licence["name"] == "unresolved":
        return "None yet: must not be published"
    named = [licence["override"]["license"]] if licence["conflicts"] else licence["licences"]
    named += [model["license"] for model in licence["models"] if model["outputs"] == "conditions"]
    urls = [known.url if (known := known_licence(name)) else name for name in named]
    return urls[0] if len(urls) == 1 else urls


def _files(manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for shards in manifest["shards"].values():
        for shard in shards:
            yield {
                "@type": "cr:FileObject",
                "@id": shard["path"],
                "name": shard["path"],
                "contentUrl": shard["path"],
                "encodingFormat": _PARQUET,
                "sha256": shard["sha256"],
            }


def _file_set(name: str, includes: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{name}-files",
        "name": f"{name}-files",
        "encodingFormat": _PARQUET,
        "includes": includes,
    }


def _record_set(name: str, schema: pl.Schema) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "key": {"@id": f"{name}/id"},
        "field": [_field(name, column, kind) for column, kind in schema.items()],
    }


def _field(split: str, column: str, kind: pl.DataType) -> dict[str, Any]:
    inner = kind.inner if isinstance(kind, pl.List) else kind
    field: dict[str, Any] = {"@type": "cr:Field", "@id": f"{split}/{column}", "name": column}
    if isinstance(kind, pl.List):
        field["repeated"] = True
    if not isinstance(inner, pl.Struct):
        return field | {"dataType": _TYPES[inner.base_type()], "source": _source(split, column)}
    flat = {part.name: _TYPES[base] for part in inner.fields if (base := part.dtype.base_type()) in _TYPES}
    if deeper := [part.name for part in inner.fields if part.name not in flat]:
        field["description"] = f"also holds {', '.join(deeper)}"
    field["subField"] = [
        {
            "@type": "cr:Field",
            "@id": f"{split}/{column}/{name}",
            "name": name,
            "dataType": data_type,
            "source": _source(split, column) | {"transform": {"jsonPath": name}},
        }
        for name, data_type in flat.items()
    ]
    return field


def _source(split: str, column: str) -> dict[str, Any]:
    return {"fileSet": {"@id": f"{split}-files"}, "extract": {"column": column}}
