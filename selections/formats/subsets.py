"""The names of subsets in the files of a format, which are names of folders too. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from selections.formats.distinct import distinct_names

DEFAULT_SUBSET = "default"  # the name of "" in most formats, as in CVAT
# What stands beside the folders of subsets may have such a name.
_FILE_NAME = re.compile(r"\.(txt|json|csv|xml|yaml)$", re.IGNORECASE)


def subset_names(
    names: Iterable[str], *, default: str, reserved: Collection[str] = ()
) -> dict[str, str]:
    """The name in the files of each subset; of "" it is the default. Characters that no folder can
    have are replaced, and no two names are alike where case is ignored. No name is that of a file
    or, without regard to case, one of the reserved ones."""

    def safe(name: str) -> str:
        text = "".join(each if each.isalnum() or each in "-_. " else "_" for each in name)
        text = text.strip(". ") or default
        return f"{text}_" if text.casefold() in reserved or _FILE_NAME.search(text) else text

    subsets = distinct_names((name or default for name in names), safe)
    return subsets | {"": subsets.get(default, default)}
