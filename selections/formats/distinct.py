"""Names that a format can hold, no two of them alike. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable


def distinct_names(
    names: Iterable[str],
    safe: Callable[[str], str],
    *,
    taken: Collection[str] = (),
    fold: Callable[[str], str] = str.casefold,
) -> dict[str, str]:
    """The safe form of each name. One that is folded to the same as another one or as one of those
    that are taken gets a `_` at the end; names that are safe come first and keep theirs."""
    distinct: dict[str, str] = {}
    used = set(map(fold, taken))
    for name in sorted(set(names), key=lambda each: (safe(each) != each, each)):
        other = safe(name)
        while fold(other) in used:
            other += "_"
        used.add(fold(other))
        distinct[name] = other
    return distinct
