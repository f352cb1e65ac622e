"""Make and apply lemma rules: how a form is changed into its lemma.

A rule says how the letters at each end of a form change around the longest common substring of form and lemma, and how
the result is capitalized; or that the lemma is exactly some string, where that is shorter to say (Chrupała, Dinu & van
Genabith 2008, "Learning morphology with Morfette"; Straka 2018, "UDPipe 2.0 Prototype at CoNLL 2018 UD Shared Task",
section 3.3). So that a classifier can pick one for forms that it has never seen, few rules serve many words:

    form     lemma    rule
    Dogs     dog      in lower case; at the end: delete one letter
    walked   walk     in lower case; at the end: delete two letters
    bhean    bean     in lower case; at the begin: copy one letter, delete one
    London   London   letters as in the form; nothing else
    LONDON   London   capitalized; nothing else
    went     go       exactly "go"

A rule is a string, so that the vocabulary can hold rules as it holds tags:

    rule    =  "=" lemma  |  case begin "/" end
    case    =  "l" (lower case) | "t" (capitalized) | "u" (upper case) | "k" (as in the form)
    begin, end  =  a letter for each step from left to right: "c" copies a letter of the form, "d" deletes one,
                   "i" and any letter inserts that letter

The letters of the form that neither end's steps copy nor delete stay as they are. Where several cases would do, the
first of "l", "k", "t", "u" is taken: so all names have one rule, of one word (London) or several (Cà Mau, McDonald).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

Step = tuple[str, str]  # what it does, and the letter that it inserts

_EXACTLY = "="
_LOWER, _TITLE, _UPPER, _KEEP = "ltuk"
_COPY, _DELETE, _INSERT = "cdi"
_SIDES = "/"  # between the steps at the begin and those at the end
# Longest common substrings cost the product of the lengths; no dictionary has a longer lemma than this.
_LONGEST = 200


def make_rule(form: str, lemma: str) -> str:
    """Return the rule that makes `lemma` of `form`: `apply_rule(make_rule(form, lemma), form) == lemma`."""
    for case in (_LOWER, _KEEP, _TITLE, _UPPER):
        rule = _edits(case, form, lemma)
        if rule is not None and apply_rule(rule, form) == lemma:
            return rule
    return _EXACTLY + lemma


def apply_rule(rule: str, form: str) -> str | None:
    """Return the lemma that a rule makes of a form; None if the form has too few letters for it.

    Raises:
        ValueError: The string is no rule.
    """
    return rule_function(rule)(form)


@lru_cache(maxsize=1 << 16)
def rule_function(rule: str) -> Callable[[str], str | None]:
    """Return `apply_rule` for one rule, read once.

    Raises:
        ValueError: The string is no rule.
    """
    if rule.startswith(_EXACTLY):
        lemma = rule[1:]
        return lambda form: lemma
    case, begin, end = _parse(rule)
    taken, given = _letters_taken(begin), _letters_taken(end)
    simple = not begin and all(step != _COPY for step, _ in end)
    added = "".join(letter for _, letter in end)

    def edit(form: str) -> str | None:
        letters = form if case == _KEEP else form.lower()
        stem_end = len(letters) - given
        if stem_end < taken:
            return None
        if simple:  # as most rules are
            lemma = letters[:stem_end] + added
        else:
            lemma = _run(begin, letters[:taken]) + letters[taken:stem_end] + _run(end, letters[stem_end:])
        if case == _TITLE:
            return lemma[:1].upper() + lemma[1:]
        return lemma.upper() if case == _UPPER else lemma

    return edit


def lemma_rules(forms: Sequence[str], lemmas: Sequence[str]) -> list[str | None]:
    """Return the rules of words; None where the lemma is not known (`_`, unless that is the form)."""
    return [_known_rule(form, lemma) for form, lemma in zip(forms, lemmas)]


@lru_cache(maxsize=1 << 16)
def _known_rule(form: str, lemma: str) -> str | None:
    return None if lemma in ("", "_") and form != "_" else make_rule(form, lemma)


def _parse(rule: str) -> tuple[str, list[Step], list[Step]]:
    """Split a rule that is no exact lemma into its case and the steps at the begin and the end of the form.

    Raises:
        ValueError: The string is no rule.
    """
    sides: list[list[Step]] = [[]]
    letters = iter(rule[1:])
    for letter in letters:
        if letter == _SIDES and len(sides) == 1:
            sides.append([])
        elif letter in (_COPY, _DELETE):
            sides[-1].append((letter, ""))
        elif letter == _INSERT and (inserted := next(letters, "")):
            sides[-1].append((letter, inserted))
        else:
            raise ValueError(f"no lemma rule: {rule!r}")
    if rule[:1] not in (_LOWER, _TITLE, _UPPER, _KEEP) or len(sides) == 1:
        raise ValueError(f"no lemma rule: {rule!r}")
    begin, end = sides
    return rule[0], begin, end


def _edits(case: str, form: str, lemma: str) -> str | None:
    """Return the steps of this case; None where the exact lemma is shorter to say or nothing is in common."""
    if max(len(form), len(lemma)) > _LONGEST:
        return None if form != lemma else f"{_KEEP}/"
    letters, wanted = (form, lemma) if case == _KEEP else (form.lower(), lemma.lower())
    start, wanted_start, length = _longest_common_substring(letters, wanted)
    if not length and wanted:
        return None
    begin = _shortest_edit(letters[:start], wanted[:wanted_start])
    end = _shortest_edit(letters[start + length :], wanted[wanted_start + length :])
    changes = len((begin + end).replace(_COPY, ""))
    return None if changes > 2 * len(lemma) else f"{case}{begin}/{end}"


def _longest_common_substring(a: str, b: str) -> tuple[int, int, int]:
    """Return where it begins in `a` and in `b`, and its length; of several the first in `a`."""
    best = (0, 0, 0)
    before = [0] * (len(b) + 1)
    for i, letter in enumerate(a):
        row = [0] * (len(b) + 1)
        for j, other in enumerate(b):
            if letter == other:
                row[j + 1] = before[j] + 1
                if row[j + 1] > best[2]:
                    best = (i + 1 - row[j + 1], j + 1 - row[j + 1], row[j + 1])
        before = row
    return best


def _shortest_edit(a: str, b: str) -> str:
    """Return the steps that make `b` of `a` with the fewest deletions and insertions (Levenshtein 1966)."""
    # cost[i][j]: of what is left from a[i:] to b[j:]
    cost = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a), -1, -1):
        for j in range(len(b), -1, -1):
            if i == len(a) or j == len(b):
                cost[i][j] = len(a) - i + len(b) - j
            elif a[i] == b[j]:
                cost[i][j] = cost[i + 1][j + 1]
            else:
                cost[i][j] = 1 + min(cost[i + 1][j], cost[i][j + 1])
    steps = []
    i = j = 0
    while i < len(a) or j < len(b):
        if i < len(a) and j < len(b) and a[i] == b[j]:
            steps.append(_COPY)
            i, j = i + 1, j + 1
        elif i < len(a) and (j == len(b) or cost[i + 1][j] <= cost[i][j + 1]):
            steps.append(_DELETE)
            i += 1
        else:
            steps.append(_INSERT + b[j])
            j += 1
    return "".join(steps)


def _letters_taken(steps: Sequence[Step]) -> int:
    """Count the letters of the form that the steps copy or delete."""
    return sum(step != _INSERT for step, _ in steps)


def _run(steps: Sequence[Step], letters: str) -> str:
    """Carry out the steps on exactly as many letters as they take."""
    made = []
    left = iter(letters)
    for step, inserted in steps:
        letter = inserted if step == _INSERT else next(left)
        if step != _DELETE:
            made.append(letter)
    return "".join(made)
