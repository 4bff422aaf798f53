"""The path of each frame inside the ZIP; pure.

CVAT's own path and name with its folders, made safe for every file system that may unpack it. A
name that present file systems can hold is not changed. A name that replaces CVAT's (for unsafe
characters, for two names that some file system takes for one, for pictures without a name) is never
the name of another picture in CVAT, earlier or later in the archive.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Container, Iterator
from functools import lru_cache
from itertools import count
from typing import NamedTuple

from cvat.pictures import extension_of_name
from selections import file_names
from selections.archives.entries import WantedFrame
from selections.formats.format import AS_IN_CVAT, Layout

LONGEST_NAME = 255  # bytes in UTF-8, as ext4 counts; NTFS and APFS hold at least that
LONGEST_STEM = 120  # bytes of a selection's name in the file name of its archive
LONGEST_SUFFIX = 20  # bytes; what is longer after a dot is no file type

# Names of the files that are no pictures.
_RESERVED_FILES = re.compile(
    r"(manifest|annotations|(instances|person_keypoints)_.*|objects)"
    r"(_selection_\d+)?(_part\d+)?\.(json|xml|csv|jsonl)",
    re.IGNORECASE,
)
_NOT_FOLDERS = ("", ".", "..")


class FramePaths:
    """One path for each frame, no two alike even where case is ignored.

    First `reserve` is called for every frame, so that no replaced name is that of another picture.
    Then `take` returns the paths, for every frame in the same order, also for frames that could not
    be fetched: so the paths depend on what was asked for alone, and another try gives the same
    ones.
    Memory: about 100 bytes per frame.

    With `task_folders` every path begins with `task_<id>/`. Through the jobs in `recompressing`
    CVAT may serve JPEGs instead of what was uploaded; their frames take both names. The path of a
    frame begins with the folder that `root` says of it. Names and folders follow `layout`.
    """

    def __init__(
        self,
        *,
        task_folders: bool,
        quality: str,
        recompressing: Container[int] = (),
        root: Callable[[WantedFrame], str] = lambda frame: "",
        layout: Layout = AS_IN_CVAT,
    ) -> None:
        self._root = root
        self._layout = layout
        self._numbers: Counter[str] = Counter()  # the last number in each folder
        self._file_key = _stem_key if layout.unique_stems else _key
        self._task_folders = task_folders
        self._is_compressed = quality == "compressed"
        self._recompressing = recompressing
        self._real_files: set[int] = set()  # keys of CVAT's paths that no frame has taken yet
        self._real_folders: set[int] = set()
        self._files: set[int] = set()  # keys of paths in the ZIP
        # With their extensions: no folder may have the name of a file.
        self._whole_files: set[int] = set() if layout.unique_stems else self._files
        self._folders: set[int] = set()
        self._additions: dict[int, str] = {}  # CVAT's folder -> what is added to its name
        # Of the last frame: (task folder, CVAT's folders, folder in the ZIP).
        self._last: tuple[str, tuple[PathComponent, ...], str] = "", (), ""

    def reserve(self, frame: WantedFrame) -> None:
        """Reserve CVAT's own path of the frame and its folders."""
        if self._layout.numbered_in:
            return
        folders, base = self._split(frame)
        path = self._prefix(frame)
        for part in folders:
            path = posixpath.join(path, part.raw)
            if not part.is_safe:
                break
            self._real_folders.add(_key(path))
        if base is not None and base.is_safe and self._ending(base.safe) == base.raw:
            self._real_files.add(self._file_key(self._cvat_path(frame, folders, base.raw)))

    def take(self, frame: WantedFrame, extension: str, *, is_recompressed: bool = False) -> str:
        """The path. `extension` is that of the picture's real format: used where CVAT has no name
        or serves another format than was uploaded; "" for a picture that was not fetched."""
        if self._layout.numbered_in:
            return self._numbered(frame, extension)
        folders, base = self._split(frame)
        if base is None:
            name = f"frame_{frame.frame:06d}{self._layout.name_end}{extension or '.png'}"
            return self._take(frame, folders, PathComponent(name, name), is_real=False)
        safe = self._ending(base.safe, extension)
        path = self._take(frame, folders, PathComponent(base.raw, safe), is_real=safe == base.raw)
        if self._is_compressed or frame.job_id not in self._recompressing:
            return path
        jpeg = _extended(posixpath.splitext(base.safe)[0], ".jpg")
        other = path
        if jpeg != safe:
            other = self._take(frame, folders, PathComponent(base.raw, jpeg), is_real=False)
        return other if is_recompressed else path

    def leave_out(self, frame: WantedFrame) -> None:
        """Instead of `take` for a frame that the archive is asked to lack: it takes its path as
        well, so that other names do not depend on it, but no number."""
        if not self._layout.numbered_in:
            self.take(frame, "")

    def _numbered(self, frame: WantedFrame, extension: str) -> str:
        folder = posixpath.join(self._prefix(frame), self._layout.numbered_in)
        self._numbers[folder] += 1
        suffix = extension or extension_of_name(frame.filename)
        return posixpath.join(folder, f"{self._numbers[folder]:06d}{suffix}")

    def _split(self, frame: WantedFrame) -> tuple[tuple[PathComponent, ...], PathComponent | None]:
        """CVAT's folders and name, with the end that names have."""
        folders, base = _split(frame.filename)
        if base is not None and self._layout.name_end:
            base = PathComponent(*(self._with_end(name) for name in base))
        if base is not None and self._layout.longest_addition:
            base = base._replace(safe=self._shortened(base.safe))
        if self._layout.strips_start and not self._prefix(frame):
            if folders:
                folders = (_without_space(folders[0]), *folders[1:])
            elif base is not None:
                base = _without_space(base)
        return folders, base

    def _with_end(self, name: str) -> str:
        stem, suffix = posixpath.splitext(name)
        return _extended(stem, self._layout.name_end + suffix)

    def _shortened(self, name: str) -> str:
        """The name, so short that files of annotations can be named after the picture."""
        return _extended(*_parted(name, self._layout.name_end), longest=self._longest)

    @property
    def _longest(self) -> int:
        return LONGEST_NAME - self._layout.longest_addition

    def _ending(self, name: str, extension: str = "") -> str:
        """The name; for compressed pictures with the extension of what CVAT serves."""
        if not self._is_compressed:
            return name
        return _extended(posixpath.splitext(name)[0], extension or ".jpg")

    def _prefix(self, frame: WantedFrame) -> str:
        root = self._root(frame)
        return posixpath.join(root, f"task_{frame.task_id}") if self._task_folders else root

    def _cvat_path(self, frame: WantedFrame, folders: tuple[PathComponent, ...], base: str) -> str:
        return posixpath.join(self._prefix(frame), *(part.raw for part in folders), base)

    def _take(
        self,
        frame: WantedFrame,
        folders: tuple[PathComponent, ...],
        base: PathComponent,
        *,
        is_real: bool,
    ) -> str:
        folder = self._free_folder(frame, folders)
        end, longest = self._layout.name_end, self._longest
        for name in _candidates(base.safe, frame.frame, end=end, longest=longest):
            path, cvat_path = posixpath.join(folder, name), self._cvat_path(frame, folders, name)
            key = self._file_key(path)
            cvat_key = key if path == cvat_path else self._file_key(cvat_path)
            is_own = is_real and name == base.safe
            whole = key if self._file_key is _key else _key(path)
            if self._is_taken(path, key, whole):
                continue
            if not is_own and self._is_real(key, cvat_key):
                continue
            break
        if is_own:
            self._real_files.discard(cvat_key)
        self._files.add(key)
        self._whole_files.add(whole)
        return path

    def _is_taken(self, path: str, key: int, whole: int) -> bool:
        """`key` and `whole` are those of the path without and with its extension, or both the
        latter."""
        is_folder = key in self._folders or whole in self._folders
        return is_folder or key in self._files or self._is_file(path, whole)

    def _is_real(self, *keys: int) -> bool:
        return any(key in self._real_files or key in self._real_folders for key in keys)

    def _free_folder(self, frame: WantedFrame, folders: tuple[PathComponent, ...]) -> str:
        """The folder in the ZIP: CVAT's own, unless its name is not safe, reserved, or that of a
        file in the ZIP. Then a name that no other folder has: two folders never become one."""
        path = cvat_path = self._prefix(frame)
        if (path, folders) == self._last[:2]:
            return self._last[2]
        for part in folders:
            cvat_path = posixpath.join(cvat_path, part.raw)
            wanted = posixpath.join(path, part.safe)
            key = _key(wanted)
            is_free = not self._is_reserved(part.raw) and not self._is_file(wanted, key)
            if part.is_safe and is_free:
                path = wanted
            else:
                path = posixpath.join(path, self._renamed_folder(path, cvat_path, part.safe))
                key = _key(path)
            self._folders.add(key)
        self._last = self._prefix(frame), folders, path
        return path

    def _renamed_folder(self, parent: str, cvat_path: str, name: str) -> str:
        cvat_key = _key(cvat_path)
        if cvat_key not in self._additions:
            self._additions[cvat_key] = next(
                addition
                for addition in ("_" * length for length in count())
                if self._is_free_folder(
                    posixpath.join(parent, _extended(name, "", addition=addition))
                )
            )
        return _extended(name, "", addition=self._additions[cvat_key])

    def _is_free_folder(self, path: str) -> bool:
        if self._is_reserved(posixpath.basename(path)):
            return False
        key = _key(path)
        return not (self._is_taken(path, key, key) or self._is_real(key))

    def _is_reserved(self, folder: str) -> bool:
        """Whether no folder may have this name."""
        layout = self._layout
        return folder in layout.reserved_folders or folder.lower().endswith(layout.reserved_endings)

    def _is_file(self, path: str, key: int) -> bool:
        is_file = key in self._files or key in self._whole_files
        return is_file or bool(_RESERVED_FILES.fullmatch(path))


def manifest_name(part: int | None, *, selection: int | None = None) -> str:
    """Of the manifest of the only ZIP, or of part 1, 2, ...: all parts can be unpacked into one
    folder, and with `selection` also together with ZIPs of other selections."""
    return f"manifest{part_suffix(part, selection=selection)}.json"


def part_suffix(part: int | None, *, selection: int | None = None) -> str:
    """The suffix for the names of manifest and annotation files of a part, see manifest_name."""
    of_selection = "" if selection is None else f"_selection_{selection}"
    of_part = "" if part is None else f"_part{part}"
    return f"{of_selection}{of_part}"


def archive_stem(selection_name: str) -> str:
    """The start of an archive's file name: the selection's name as one safe file name."""
    name = file_names.UNSAFE_CHARACTERS.sub("_", selection_name).strip(" .-")
    return _cut(_safe_name(name), LONGEST_STEM).rstrip(" .")


class PathComponent(NamedTuple):
    """A folder or file name as CVAT has it, and as every file system can hold it."""

    raw: str
    safe: str

    @property
    def is_safe(self) -> bool:
        return self.raw == self.safe


def _split(path: str) -> tuple[tuple[PathComponent, ...], PathComponent | None]:
    """Folders and file name; None where there is no file name."""
    folder, _, base = path.replace("\\", "/").rpartition("/")
    if base in _NOT_FOLDERS:
        folders = _components(folder)
        return (folders[:-1], folders[-1]) if folders else ((), None)
    return _components(folder), PathComponent(base, _safe_name(base))


@lru_cache(maxsize=64)
def _components(folder: str) -> tuple[PathComponent, ...]:
    """Folders of a path with "/" as its separator, without a drive, "." and ".."."""
    folder = re.sub(r"^[A-Za-z]:(?=/|$)", "", folder)
    parts = (part for part in folder.split("/") if part not in _NOT_FOLDERS)
    return tuple(PathComponent(part, _safe_name(part)) for part in parts)


def _safe_name(part: str) -> str:
    safe = file_names.UNSAFE_CHARACTERS.sub("_", part).rstrip(". ") or "_"
    if file_names.is_reserved(safe):
        safe = f"_{safe}"
    return _extended(*posixpath.splitext(safe)).rstrip(". ")


def _without_space(part: PathComponent) -> PathComponent:
    return PathComponent(part.raw, part.safe.lstrip() or "_")


def _candidates(name: str, frame: int, *, end: str, longest: int) -> Iterator[str]:
    """The name itself, then with the frame number, then with a counter as well, before the end that
    names have."""
    yield name
    parts = _parted(name, end)
    yield _extended(*parts, addition=f"_frame_{frame:06d}", longest=longest)
    for number in count(2):
        yield _extended(*parts, addition=f"_frame_{frame:06d}_{number}", longest=longest)


def _parted(name: str, end: str) -> tuple[str, str]:
    """The name without its suffix and the end that names have, and these two."""
    stem, suffix = posixpath.splitext(name)
    if end and stem.endswith(end):
        return stem.removesuffix(end), end + suffix
    return stem, suffix


def _extended(stem: str, suffix: str, *, addition: str = "", longest: int = LONGEST_NAME) -> str:
    """The name with an addition before its suffix; the stem is cut to fit `longest`, in bytes."""
    if len((stem + addition + suffix).encode()) <= longest:
        return stem + addition + suffix
    if len(suffix.encode()) > LONGEST_SUFFIX:
        stem, suffix = stem + suffix, ""
    return _cut(stem, longest - len((addition + suffix).encode())) + addition + suffix


def _cut(text: str, room: int) -> str:
    """The beginning of the text, at most `room` bytes and without half a character."""
    encoded = text.encode()
    return text if len(encoded) <= room else encoded[:room].decode(errors="ignore")


def _stem_key(path: str) -> int:
    """Equal for paths that are alike but for the extension."""
    return _key(posixpath.splitext(path)[0])


def _key(path: str) -> int:
    """Equal for paths that some file system takes for one."""
    # A short digest, so that hundreds of thousands of names do not fill the memory. Of two paths
    # with the same digest by chance, one gets a longer name.
    digest = hashlib.blake2b(
        file_names.folded(path).encode(errors="surrogatepass"), digest_size=8
    ).digest()
    return int.from_bytes(digest)
