"""Names of labels and subsets in the files of a format, which are names of files and folders too:
such as every file system can hold, no two of them alike. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from selections import file_names

NO_LABEL = "no_label"  # the folder of pictures without a label, beside those of labels
DEFAULT_SUBSET = "default"  # the name of "" in most formats, as in CVAT

_LONGEST = 200  # bytes in UTF-8: file systems take 255, and the name of a file goes on behind it
# What stands beside the folders of subsets may have such a name.
_FILE_NAME = re.compile(r"\.(txt|json|csv|xml|yaml)$", re.IGNORECASE)


def distinct_names(
    names: Iterable[str],
    safe: Callable[[str], str],
    *,
    taken: Collection[str] = (),
    fold: Callable[[str], str] = file_names.folded,
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


def label_names(labels: Iterable[str], *, reserved: Collection[str] = ()) -> dict[str, str]:
    """A name for each label, which is its own if every file system can hold that. No two are alike
    where case and composition are ignored, and none is a reserved one."""
    return distinct_names(labels, _safe_label, taken=reserved)


def subset_names(
    names: Iterable[str], *, default: str, reserved: Collection[str] = ()
) -> dict[str, str]:
    """The name in the files of each subset; of "" it is the default. Characters that no folder can
    have are replaced, and no two names are alike where case and composition are ignored. No name is
    that of a file or, without regard to case, one of the reserved ones."""

    def safe(name: str) -> str:
        text = "".join(each if each.isalnum() or each in "-_. " else "_" for each in name)
        text = _allowed(text, default=default)
        return f"{text}_" if text.casefold() in reserved or _FILE_NAME.search(text) else text

    subsets = distinct_names((name or default for name in names), safe)
    return subsets | {"": subsets.get(default, default)}


def _safe_label(label: str) -> str:
    return _allowed(file_names.UNSAFE_CHARACTERS.sub("_", label), default="_")


def _allowed(name: str, *, default: str) -> str:
    """The name cut to _LONGEST, without dots and spaces at its ends, and none that Windows reserves
    for devices."""
    name = name.encode()[:_LONGEST].decode(errors="ignore").strip(". ") or default
    return f"_{name}" if file_names.is_reserved(name) else name
