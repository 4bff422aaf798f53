"""Which uploaded pictures are the frames of a new task, and in which order (cvat-api 15.4 to 15.6).

CVAT finds out in the background what is wrong with an upload; its words are those of its errors.
"""

from __future__ import annotations

import json
import random
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any

import av
from PIL import Image

from standin.building import TaskSpec
from standin.media import Size, upright_size
from standin.model import Task

MANIFEST = "manifest.jsonl"
VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm")
# What CVAT takes for no frames, by paths (cvat-api 15.10).
_OF_MACOS = re.compile(r"__MSOSX|__MACOSX|\.DS_Store")
_CONTEXT = re.compile(r"(^|/)related_images/")
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")


class CreationFailed(Exception):
    """The text is the message of the failed request."""


class UploadedFiles(Mapping[str, bytes]):
    """The pictures of an upload by their paths, in the order of the frames, read when asked for."""

    def __init__(self, sources: Mapping[str, tuple[zipfile.ZipFile | None, Path]]) -> None:
        self._sources = sources
        self.sizes: dict[str, Size] = {}  # of pictures whose head was read

    def __getitem__(self, name: str) -> bytes:
        archive, path = self._sources[name]
        return archive.read(name) if archive is not None else path.read_bytes()

    def open(self, name: str) -> IO[bytes]:
        """For who needs no more than the head of a picture."""
        archive, path = self._sources[name]
        return archive.open(name) if archive is not None else path.open("rb")

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def in_order(self, names: Sequence[str]) -> UploadedFiles:
        return UploadedFiles({name: self._sources[name] for name in names})


def arranged(task: Task, files: Mapping[str, Path], data: Mapping[str, Any]) -> TaskSpec:
    """The description of the task's data. Raises CreationFailed."""
    pictures = _pictures(files)
    videos = [name for name in files if PurePosixPath(name).suffix.lower() in VIDEOS]
    if videos:
        return _of_video(task, videos, files, data, has_pictures=bool(pictures))
    if not pictures:
        raise CreationFailed("ValueError: No media data found")
    _check_honeypots(data)
    mapping = data.get("job_file_mapping")
    if mapping:
        _check_mapping(task, data)
        names: Sequence[str] = [name for job in mapping for name in job]
        for name in names:
            if name not in pictures:
                raise _invalid(f"Can't find file '{name}' in the input files", quoted='"')
    else:
        names = _sorted(list(pictures), files, data)
    chosen = pictures.in_order(names)
    _check_readable(task, chosen)
    return TaskSpec(
        task.name,
        images=chosen,
        sizes=chosen.sizes,
        job_sizes=[len(job) for job in mapping or ()],
        segment_size=task.segment_size,
        overlap=task.overlap,
        chunk_size=int(data["chunk_size"]) if data.get("chunk_size") else None,
        image_quality=int(data["image_quality"]),
        **_range(data),
        **_validation(names, data),
        consensus_replicas=task.consensus_replicas,
    )


def _of_video(
    task: Task,
    videos: Sequence[str],
    files: Mapping[str, Path],
    data: Mapping[str, Any],
    *,
    has_pictures: bool,
) -> TaskSpec:
    """A video makes a task alone. That two of them, and one beside pictures, fail here is known
    (cvat-api 15.11), the words are not."""
    if has_pictures or len(videos) > 1:
        raise _invalid("Only one video, or images alone, can be in a task")
    _check_honeypots(data)
    if data.get("job_file_mapping"):
        text = "job_file_mapping can't be used with sequence-based data like videos"
        raise _invalid(text, quoted='"')
    if data.get("validation_params"):
        raise _invalid("the stand-in makes no ground truth of a video together with its task")
    [name] = videos
    spec = TaskSpec(
        task.name,
        video_name=name,
        video_file=files[name].read_bytes(),
        segment_size=task.segment_size,
        overlap=task.overlap,
        chunk_size=int(data["chunk_size"]) if data.get("chunk_size") else None,
        image_quality=int(data["image_quality"]),
        **_range(data),
        consensus_replicas=task.consensus_replicas,
    )
    try:
        media = spec.media()
    except (av.FFmpegError, IndexError) as error:
        raise CreationFailed(f"av.error.InvalidDataError: {error}") from None
    if media is None or spec.start_frame >= media.count:
        raise CreationFailed("ValueError: range() arg 3 must not be zero")
    return spec


def _range(data: Mapping[str, Any]) -> dict[str, Any]:
    step = re.fullmatch(r"step=(\d+)", str(data.get("frame_filter") or ""))
    return {
        "start_frame": int(data.get("start_frame") or 0),
        "stop_frame": int(data.get("stop_frame") or 0) or None,  # CVAT takes 0 for none
        "step": int(step[1]) if step else 1,
    }


def _pictures(files: Mapping[str, Path]) -> UploadedFiles:
    """By whole path inside a ZIP, by name otherwise. What is no picture is skipped."""
    sources: dict[str, tuple[zipfile.ZipFile | None, Path]] = {}
    for name, path in files.items():
        if PurePosixPath(name).suffix.lower() == ".zip":
            archive = zipfile.ZipFile(path)
            listed = [each for each in archive.namelist() if not _OF_MACOS.search(each)]
            sources.update(dict.fromkeys(listed, (archive, path)))
        else:
            sources[name] = None, path
    return UploadedFiles(
        {
            name: source
            for name, source in sources.items()
            if PurePosixPath(name).suffix.lower() in PICTURES and not _CONTEXT.search(name)
        }
    )


def _check_mapping(task: Task, data: Mapping[str, Any]) -> None:
    sorts = data.get("sorting_method", "lexicographical") != "lexicographical"
    given = {
        "segment_size": task.segment_size,
        "sorting_method": sorts,
        "start_frame": data.get("start_frame"),
        "stop_frame": data.get("stop_frame"),
        "frame_filter": data.get("frame_filter"),
    }
    for name, value in given.items():
        if value:
            raise _invalid(f"job_file_mapping cannot be used with {name}")


def _sorted(names: list[str], files: Mapping[str, Path], data: Mapping[str, Any]) -> Sequence[str]:
    method = data.get("sorting_method", "lexicographical")
    if method == "random" and MANIFEST in files:
        text = "It isn't supported to upload manifest file and use random sorting"
        raise _invalid(text, quoted='"')
    if _is_with_honeypots(data):  # of which the pool keeps this order
        return sorted(names, key=_natural)
    if method == "natural":
        return sorted(names, key=_natural)
    if method == "random":
        return random.sample(names, len(names))
    if method == "predefined":
        return _predefined(names, files, data)
    return sorted(names)


def _natural(name: str) -> list[list[tuple[bool, int, str]]]:
    """Part by part of the path, the extension apart, numbers by their value and before text."""
    path = PurePosixPath(name)
    return [_by_value(part) for part in (*path.parts[:-1], path.stem, path.suffix)]


def _by_value(part: str) -> list[tuple[bool, int, str]]:
    pieces = [piece for piece in re.split(r"(\d+)", part) if piece]
    return [(not each.isdigit(), int(each) if each.isdigit() else 0, each) for each in pieces]


def _predefined(
    names: list[str], files: Mapping[str, Path], data: Mapping[str, Any]
) -> Sequence[str]:
    if any(name.lower().endswith(".zip") for name in files):
        if MANIFEST not in files:
            text = (
                f"FileNotFoundError: Can't find upload manifest file '{MANIFEST}' in the uploaded "
                "files. When the 'predefined' sorting method is used, this file is required in the "
                "input files. Read more: https://docs.cvat.ai/docs/manual/advanced/dataset_manifest/"
            )
            raise CreationFailed(text)
        lines = map(json.loads, files[MANIFEST].read_text().splitlines())
        ordered = [line["name"] + line["extension"] for line in lines if "name" in line]
        _check_manifest(ordered, names)
        return ordered
    return [name for name in data.get("upload_file_order") or names if name in names]


def _check_manifest(ordered: Sequence[str], names: Sequence[str]) -> None:
    wrong = [f"{name} (upload)" for name in sorted({*names} - {*ordered})]
    wrong += [f"{name} (manifest)" for name in sorted({*ordered} - {*names})]
    if wrong:
        raise CreationFailed(
            "FileNotFoundError: Uploaded files do no match the upload manifest file contents. "
            "Please check the upload manifest file contents and the list of uploaded files. "
            f"Mismatching files: {', '.join(wrong[:5])}. "
            "Read more: https://docs.cvat.ai/docs/manual/advanced/dataset_manifest/"
        )


def _is_with_honeypots(data: Mapping[str, Any]) -> bool:
    return (data.get("validation_params") or {}).get("mode") == "gt_pool"


def _check_honeypots(data: Mapping[str, Any]) -> None:
    """What they go with (cvat-api 15.6)."""
    if not _is_with_honeypots(data):
        return
    if data.get("sorting_method") != "random":
        raise _invalid('validation mode "gt_pool" can only be used with "random" sorting')
    if data.get("job_file_mapping"):
        raise _invalid('validation mode "gt_pool" cannot be used with "job_file_mapping"')


def _check_readable(task: Task, pictures: UploadedFiles) -> None:
    for name in pictures:
        try:
            with pictures.open(name) as file, Image.open(file) as image:
                pictures.sizes[name] = upright_size(image)
        except OSError:
            text = f"cannot identify image file '/home/django/data/data/{task.id}/raw/{name}'"
            raise CreationFailed(f"PIL.UnidentifiedImageError: {text}") from None


def _validation(names: Sequence[str], data: Mapping[str, Any]) -> dict[str, Any]:
    """The ground truth or the pool of honeypots, by the places of the images."""
    wanted = data.get("validation_params") or {}
    if not wanted:
        return {}
    chosen = _chosen(names, wanted)
    if _is_with_honeypots(data):
        if len(chosen) == len(names):
            raise _invalid(
                "Cannot create task: too few non-honeypot frames left after selecting validation "
                "frames"
            )
        copies = min(len(chosen), int(wanted["frames_per_job_count"]))
        return {"honeypots": (chosen, copies)}
    return {"ground_truth": chosen}


def _chosen(names: Sequence[str], wanted: Mapping[str, Any]) -> list[int]:
    frames = wanted.get("frames") or []
    unknown = [str(frame) for frame in frames if frame not in names]
    if unknown:
        raise _invalid(f"Unknown validation frames requested: {', '.join(unknown)}")
    return sorted(names.index(frame) for frame in frames)


def _invalid(text: str, quoted: str = "'") -> CreationFailed:
    detail = f"[ErrorDetail(string={quoted}{text}{quoted}, code='invalid')]"
    return CreationFailed(f"rest_framework.exceptions.ValidationError: {detail}")
