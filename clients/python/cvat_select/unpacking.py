"""The ZIP files of an archive, unpacked into one folder."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cvat_select.errors import Error

Zips = str | Path | Iterable[str | Path]
_MANIFEST = re.compile(r"manifest(|_[^/]*)\.json")


@dataclass(frozen=True)
class Part:
    """One ZIP, unpacked into the folder. `suffix` ends the names of its lists: "_part2" where there
    are several ZIPs."""

    folder: Path  # absolute
    suffix: str
    manifest: dict[str, Any]

    @property
    def annotations(self) -> str:
        """The API's name of the format of the annotations; "none" for pictures alone."""
        return str(self.manifest["options"].get("annotations", "none"))

    @cached_property
    def frames(self) -> dict[str, dict[str, Any]]:
        """The lines of the manifest, by the absolute path of the picture."""
        return {str(self.folder / line["path"]): line for line in self.manifest["frames"]}

    def lists(self, ending: str) -> list[str]:
        """Names of the files of this part that lie beside the manifest and end so."""
        names = [str(file["path"]) for file in self.manifest["files"]]
        return [name for name in names if "/" not in name and name.endswith(ending)]


def unpack(zips: Zips, folder: str | Path | None = None) -> list[Part]:
    """Unpack all ZIPs of an archive into the folder, by default one beside the first ZIP with its
    name. What is unpacked there already is taken as it is. Raises Error if other files are there,
    or a ZIP is broken or has no pictures; OSError."""
    paths = [Path(zips)] if isinstance(zips, str | Path) else [Path(each) for each in zips]
    if not paths:
        raise Error("There is no ZIP to unpack.")
    target = (paths[0].with_suffix("") if folder is None else Path(folder)).resolve()
    try:
        _check_folder(paths, target)
        return [_unpacked(path, target) for path in paths]
    except zipfile.BadZipFile as error:
        raise Error(f"A ZIP is broken ({error}). Download it again.") from error


def _check_folder(paths: list[Path], folder: Path) -> None:
    """Raise Error if the folder has files of something else, which readers would read as well."""
    names: set[str] = set()
    for path in paths:
        with zipfile.ZipFile(path) as opened:
            names.update(opened.namelist())
    for file in folder.rglob("*"):
        if file.is_file() and file.relative_to(folder).as_posix() not in names:
            raise Error(
                f"{folder} has other files, such as {file.name}. Name an empty folder, or one that "
                "is not there yet."
            )


def _unpacked(path: Path, folder: Path) -> Part:
    with zipfile.ZipFile(path) as opened:
        name = next(filter(_MANIFEST.fullmatch, reversed(opened.namelist())), None)
        if name is None:
            raise Error(f"{path} has no manifest: it is no ZIP of a portal.")
        content = opened.read(name)
        manifest = folder / name
        # It has the CRC of all files, and is the last to be unpacked.
        if not (manifest.exists() and manifest.read_bytes() == content):
            manifest.unlink(missing_ok=True)
            opened.extractall(folder)
    part = Part(folder, name.removeprefix("manifest").removesuffix(".json"), json.loads(content))
    if any("size" not in line for line in part.frames.values()):
        raise Error(f"{path} has the annotations alone. Build the selection with its pictures.")
    return part
