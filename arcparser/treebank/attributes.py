"""View FEATS and MISC, `Key=Value|Key=Value`, as mappings of strings.

A part without `=` has the value "". Of a key that occurs several times the last value counts, as in udapi and conllu.
The string itself stays as it was read until a key is set; `str` gives it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping

from arcparser.errors import UsageError, quote, unfit
from arcparser.treebank.columns import MISC, check_values

# What MISC says of an arc that the parser has chosen; it goes when the arc does.
SCORE_KEYS = frozenset({"ArcScore", "LabelScore", "AltHead", "AltDeprel"})


class Attributes(Mapping[str, str]):
    """View the attributes of FEATS, or of MISC of a token, as a mapping that cannot be changed.

    >>> feats = Attributes("Case=Acc,Dat|Number=Sing")
    >>> feats["Case"], feats.get("Gender"), str(feats)
    ('Acc,Dat', None, 'Case=Acc,Dat|Number=Sing')
    """

    __slots__ = ("_string",)

    def __init__(self, string: str) -> None:
        self._string = string

    def __getitem__(self, key: str) -> str:
        return self._values()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())

    def __str__(self) -> str:
        return self._text()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._text()!r})"

    def _text(self) -> str:
        return self._string

    def _values(self) -> dict[str, str]:
        values = {}
        for part in _parts(self._text()):
            key, _, value = part.partition("=")
            values[key] = value
        return values


class Misc(Attributes, MutableMapping[str, str]):
    """View MISC of a word as a mapping; what is set is written into the sentence.

    A key that is there keeps its place, a new one comes last.

    Args:
        row: The columns of the word.

    Raises:
        UsageError: A key or value that is set is no string, or cannot be written to MISC.
    """

    __slots__ = ("_row",)

    def __init__(self, row: list[str]) -> None:
        self._row = row

    def __setitem__(self, key: str, value: str) -> None:
        written = joined({key: value})
        parts = _parts(self._text())
        places = [at for at, part in enumerate(parts) if _key(part) == key]
        if places:
            parts[places[0]] = written
        else:
            parts.append(written)
        self._row[MISC] = "|".join([part for at, part in enumerate(parts) if at not in places[1:]])

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._row[MISC] = "|".join([part for part in _parts(self._text()) if _key(part) != key]) or "_"

    def _text(self) -> str:
        return self._row[MISC]


def joined(attributes: Mapping[str, str]) -> str:
    """Write attributes as a column: `Key=Value|Key=Value`, or `_` if there are none.

    Raises:
        UsageError: A key or value is no string, a key is empty, or one has a character in it that ends it.
    """
    if isinstance(attributes, Attributes):
        return str(attributes) or "_"
    for key, value in attributes.items():
        for name, part, ends in (("key", key, "|="), ("value", value, "|")):
            if not isinstance(part, str):
                raise unfit(f"the {name} of an attribute", part, "a string")
            culprit = next((character for character in ends if character in part), None)
            if culprit is not None:
                raise UsageError(f"{quote(part)} has {culprit!r} in it, which ends a {name}: leave it out")
        if not key:
            raise UsageError("an attribute without a key: give it one")
    check_values([part for pair in attributes.items() for part in pair])
    return "|".join([f"{key}={value}" for key, value in attributes.items()]) or "_"


def without_scores(misc: str) -> str:
    """Return MISC without the scores of an arc (`SCORE_KEYS`), byte for byte as it was if it has none.

    >>> without_scores("ArcScore=0.9|SpaceAfter=No|LabelScore=0.8"), without_scores("ArcScore=0.9")
    ('SpaceAfter=No', '_')
    """
    parts = misc.split("|")
    kept = [part for part in parts if _key(part) not in SCORE_KEYS]
    return misc if len(kept) == len(parts) else "|".join(kept) or "_"


def space_follows(misc: str) -> bool:
    """Tell whether white space follows the token whose MISC this is; SpacesAfter outranks SpaceAfter=No."""
    if "Space" not in misc:
        return True
    attributes = Attributes(misc)
    exact = attributes.get("SpacesAfter")
    return attributes.get("SpaceAfter") != "No" if exact is None else bool(exact)


def _parts(column: str) -> list[str]:
    return [] if column == "_" else [part for part in column.split("|") if part]


def _key(part: str) -> str:
    return part.partition("=")[0]
