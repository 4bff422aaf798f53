"""The names of subsets in the files of a format, which are names of folders too. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

# What stands beside the folders of subsets may have such a name.
_FILE_NAME = re.compile(r"\.(txt|json|csv|xml|yaml)$", re.IGNORECASE)


def subset_names(
    names: Iterable[str], *, default: str, reserved: Collection[str] = ()
) -> dict[str, str]:
    """The name in the files of each subset; of "" it is the default. Characters that no folder can
    have are replaced, and no two names are alike where case is ignored. No name is that of a file
    or, without regard to case, one of the reserved ones."""
    subsets: dict[str, str] = {}
    taken: set[str] = set()
    given = {name or default for name in names}

    def safe(name: str) -> str:
        text = "".join(each if each.isalnum() or each in "-_. " else "_" for each in name)
        text = text.strip(". ") or default
        return f"{text}_" if text.casefold() in reserved or _FILE_NAME.search(text) else text

    # First those that can stay as they are.
    for name in sorted(given, key=lambda each: (safe(each) != each, each)):
        subset = safe(name)
        while subset.casefold() in taken:
            subset += "_"
        taken.add(subset.casefold())
        subsets[name] = subset
    return subsets | {"": subsets.get(default, default)}
