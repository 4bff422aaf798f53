"""A folder of a limited size: who shares the limit, and what is never removed."""

from __future__ import annotations

import os
from pathlib import Path

from selector.bounded_folder import REMAINING_SHARE, BoundedFolder


def write(folder: BoundedFolder, key: str, *, used_at: float) -> Path:
    with folder.new_file(key) as path:
        path.write_bytes(b"x" * 100)
    os.utime(folder.path_of(key), (used_at, used_at))
    return folder.path_of(key)


def test_files_of_two_kinds_share_the_limit(tmp_path: Path) -> None:
    large = [BoundedFolder(tmp_path, suffix=suffix, max_bytes=10**6) for suffix in (".a", ".b")]
    files = [
        write(folder, key, used_at=at)
        for at, (folder, key) in enumerate((each, key) for key in ("aa1", "bb2") for each in large)
    ]
    for suffix in (".a", ".b"):
        limit = int(200 / REMAINING_SHARE)
        BoundedFolder(tmp_path, suffix=suffix, max_bytes=limit).remove_old()
    assert [path.exists() for path in files] == [False, False, True, True]


def test_other_files_in_the_folder_stay(tmp_path: Path) -> None:
    folder = BoundedFolder(tmp_path, suffix=".a", max_bytes=0)
    others = [tmp_path / "db.a", tmp_path / "archives" / "one.a"]
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    own = write(BoundedFolder(tmp_path, suffix=".a", max_bytes=10**6), "aa1", used_at=0)
    folder.remove_old()
    assert not own.exists()
    assert all(path.exists() for path in others)
