"""Licences of sources: what the known ones ask for, and whether several of them allow one collection.

A licence is known by its SPDX id or its id on the Hub, in any case. Anything else, expressions with AND or OR
included, is unknown. The rules are those of the Creative Commons compatibility chart, on the careful side: a source
that is share-alike or non-commercial takes CC0 and CC BY texts into its own licence and nothing else; no derivatives
means none, for a prompt that was given constraints is one. Chart: "Can I combine material under different Creative
Commons licenses in my work?" in https://creativecommons.org/faq/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["KNOWN", "SourceLicence", "combined", "known_licence"]


@dataclass(frozen=True, slots=True)
class SourceLicence:
    """`hub`: its id in a card's header. `free`: nothing is asked for, not even a name."""

    spdx: str
    hub: str
    url: str
    free: bool = False
    share_alike: bool = False
    non_commercial: bool = False
    no_derivatives: bool = False

    @property
    def strict(self) -> bool:
        """Whether it wants the collection for itself."""
        return self.share_alike or self.non_commercial

    def may_join(self, strict: SourceLicence) -> bool:
        """Whether a collection under `strict` may hold texts under this licence."""
        if self.free or self == strict:
            return True
        if self.no_derivatives or not (self.spdx.startswith("CC-BY-") and strict.spdx.startswith("CC-BY-")):
            return False
        later_version = self.hub[:-4] == strict.hub[:-4] and self.spdx < strict.spdx  # CC BY-SA 3.0, section 4(b)
        return later_version or not self.strict


def _creative_commons(kind: str, version: str, **asks: bool) -> SourceLicence:
    url = f"https://creativecommons.org/licenses/{kind}/{version}/"
    return SourceLicence(f"CC-{kind.upper()}-{version}", f"cc-{kind}-{version}", url, **asks)


_ALL = (
    SourceLicence("CC0-1.0", "cc0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/", free=True),
    SourceLicence("PDDL-1.0", "pddl", "https://opendatacommons.org/licenses/pddl/1-0/", free=True),
    SourceLicence("Apache-2.0", "apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
    SourceLicence("MIT", "mit", "https://opensource.org/license/mit"),
    SourceLicence("BSD-3-Clause", "bsd-3-clause", "https://opensource.org/license/bsd-3-clause"),
    SourceLicence("CDLA-Permissive-2.0", "cdla-permissive-2.0", "https://cdla.dev/permissive-2-0/"),
    SourceLicence("ODC-By-1.0", "odc-by", "https://opendatacommons.org/licenses/by/1-0/"),
    SourceLicence("ODbL-1.0", "odbl", "https://opendatacommons.org/licenses/odbl/1-0/", share_alike=True),
    *(_creative_commons("by", version) for version in ("3.0", "4.0")),
    *(_creative_commons("by-sa", version, share_alike=True) for version in ("3.0", "4.0")),
    *(_creative_commons("by-nc", version, non_commercial=True) for version in ("3.0", "4.0")),
    *(_creative_commons("by-nc-sa", version, non_commercial=True, share_alike=True) for version in ("3.0", "4.0")),
    *(_creative_commons("by-nd", version, no_derivatives=True) for version in ("4.0",)),
    *(_creative_commons("by-nc-nd", version, no_derivatives=True, non_commercial=True) for version in ("3.0", "4.0")),
)
KNOWN: Mapping[str, SourceLicence] = {licence.spdx: licence for licence in _ALL}
_BY_NAME = {name.lower(): licence for licence in _ALL for name in (licence.spdx, licence.hub)}


def known_licence(name: str) -> SourceLicence | None:
    """
    >>> known_licence("ODC-BY-1.0").hub, known_licence("cc-by-sa-4.0").share_alike, known_licence("ask us")
    ('odc-by', True, None)
    """
    return _BY_NAME.get(name.strip().lower())


def combined(named: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], list[str]]:
    """The licences a collection stands under (several: every row has its own), and why there can be none.

    `named`: licence as the rows have it -> names of its sources.

    >>> combined({"CC0-1.0": ["a"], "CC-BY-4.0": ["b"]})
    (('CC-BY-4.0',), [])
    >>> combined({"MIT": ["a"], "CC-BY-4.0": ["b"]})
    (('CC-BY-4.0', 'MIT'), [])
    >>> combined({"MIT": ["a"], "CC-BY-SA-4.0": ["b"]})[1]
    ['the rows of b under CC-BY-SA-4.0 (share-alike) cannot share one licence with those of a under MIT']
    """
    found = {licence: list(sources) for licence, sources in sorted(named.items())}
    known = {licence: known_licence(licence) for licence in found}
    conflicts = [_unknown(licence, found[licence]) for licence, meaning in known.items() if meaning is None]
    by_meaning: dict[SourceLicence, list[str]] = {}
    for licence, meaning in known.items():
        if meaning is not None:
            by_meaning.setdefault(meaning, []).extend(found[licence])
    conflicts += [
        f"{_joined(sources)} under {licence.spdx} may not be changed (no derivatives), and its prompts were"
        for licence, sources in by_meaning.items()
        if licence.no_derivatives
    ]
    strict = [licence for licence in by_meaning if licence.strict and not licence.no_derivatives]
    for licence in strict:
        conflicts += _against(licence, by_meaning)
    if strict and not conflicts:
        return (max(strict, key=lambda licence: licence.spdx).spdx,), []
    asking = [licence.spdx for licence in by_meaning if not licence.free]
    return tuple(sorted(asking or [licence.spdx for licence in by_meaning])), conflicts


def _against(strict: SourceLicence, others: Mapping[SourceLicence, Sequence[str]]) -> list[str]:
    """What stands beside a licence that wants the collection for itself and may not; each pair of two is told once."""
    rule = " and ".join(
        word
        for word, asked in (("share-alike", strict.share_alike), ("non-commercial", strict.non_commercial))
        if asked
    )
    return [
        f"the rows of {_joined(others[strict])} under {strict.spdx} ({rule}) cannot share one licence with those of "
        f"{_joined(sources)} under {other.spdx}"
        for other, sources in others.items()
        if not (other.may_join(strict) or strict.may_join(other) or other.no_derivatives)
        and not (other.strict and other.spdx < strict.spdx)
    ]


def _unknown(licence: str, sources: Sequence[str]) -> str:
    if licence.strip().lower() in ("", "unknown", "other", "none"):
        return f"the licence of {_joined(sources)} is not known; give the source its `license` in the recipe"
    return f"the licence {licence!r} of {_joined(sources)} is none this tool knows (SPDX ids such as CC-BY-4.0 are)"


def _joined(names: Sequence[str]) -> str:
    return ", ".join(sorted(names))
