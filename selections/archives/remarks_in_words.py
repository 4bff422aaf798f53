"""The remarks of an archive as sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from selections.archives import result_remarks
from selections.archives.remarks import (
    COMPRESSED,
    LONGEST_WINDOWS_PATH,
    RECOMPRESSED,
    REENCODED_TIFF,
    TURNED,
    VIDEO_FRAME,
)
from selections.formats import FORMATS

MOST_OLD_ENTRIES = 65_535  # that a ZIP without the extension ZIP64 has room for
FRAMES_NAMED = JOBS_NAMED = 5  # in a sentence
ATTRIBUTES_NAMED = 10

SAME_NAMES = (
    "Frames of a video are named by their numbers, as in the ZIP of any other video: unpacked into "
    "one folder, they would overwrite each other. “A folder for each task” prevents it."
)

SIZES_OF_CVAT = (
    "Sizes and coordinates are those of the pictures as CVAT serves them: it turns an upload whose "
    "EXIF data ask for it. Turn your own copies of such pictures, too."
)

_DIFFERS = {
    COMPRESSED: "{files} compressed by CVAT (JPEG), as asked for.",
    RECOMPRESSED: (
        "{files} not what was uploaded: through a ground-truth job CVAT serves JPEGs of its own "
        "making. Somebody who may open the task in CVAT gets the uploads."
    ),
    VIDEO_FRAME: "{files} cut out of CVAT’s own copy of a video, which it has re-encoded.",
    REENCODED_TIFF: (
        "{files} in the format TIFF, which CVAT saves again: other bytes than were uploaded, and "
        "of several pages only the first."
    ),
}
_MAY_DIFFER = {
    TURNED: (
        "{files} as CVAT serves them. An upload whose EXIF data ask to turn it is turned and saved "
        "again by CVAT; whether that happened to these cannot be seen. Without such data they are "
        "as uploaded."
    ),
}


def about_files(remarks: Mapping[str, Any]) -> list[str]:
    """In what the files differ from the uploads: a sentence for each kind, the exact ones first;
    then which annotations there are. Nothing for no remarks."""
    sentences = []
    if exact := remarks.get("exact"):
        sentences.append(f"{_files(exact)} as uploaded, byte for byte.")
    for words, counts in (
        (_DIFFERS, remarks.get("differs", {})),
        (_MAY_DIFFER, remarks.get("may_differ", {})),
    ):
        sentences += [
            sentence.format(files=_files(counts[kind]))
            for kind, sentence in words.items()
            if counts.get(kind)
        ]
    if annotations := remarks.get("annotations"):
        sentences.append(_annotations(annotations))
    if listed := remarks.get("listed"):
        pictures = "1 picture, which is" if listed == 1 else f"{listed:,} pictures, which are"
        sentences.append(f"The annotations of {pictures} not in the ZIP. {SIZES_OF_CVAT}")
    if remarks.get("differs", {}).get(VIDEO_FRAME) and not remarks.get("task_folders", True):
        sentences.append(SAME_NAMES)
    return sentences


def warnings(remarks: Mapping[str, Any]) -> list[str]:
    """What the receiver may stumble over: deleted frames, long paths, many entries."""
    sentences = []
    if (deleted := remarks.get("deleted", {})).get("count"):
        what = "It is" if deleted["count"] == 1 else "They are"
        sentences.append(f"{_deleted(deleted)} {what} in the ZIP, and marked in the manifest.")
    if (left_out := remarks.get("left_out", {})).get("count"):
        what = "It was" if left_out["count"] == 1 else "They were"
        sentences.append(f"{_deleted(left_out)} {what} left out, as asked for.")
    if (without := remarks.get("without_objects", {})).get("count"):
        sentences.append(_left_out_without_objects(without))
    if annotations := remarks.get("annotations"):
        for reason, count in annotations["left_out"].items():
            objects = "1 object is" if count == 1 else f"{count:,} objects are"
            sentences.append(f"{objects} not in the ZIP: {reason}.")
        if attributes := annotations.get("attributes_left_out"):
            sentences.append(_attributes_left_out(attributes))
        if count := annotations.get("jobs_left_out_count"):
            sentences.append(_jobs_left_out(annotations["jobs_left_out"], count))
        if about := annotations.get("annotations_from"):
            sentences += result_remarks.warnings(about)
        if annotations["problems_count"]:
            sentences.append(_missing_annotations(annotations))
    if remarks.get("long_paths"):
        sentences.append(path_warning(remarks["longest_path"], remarks["long_paths"]))
    if remarks.get("most_entries", 0) > MOST_OLD_ENTRIES:
        sentences.append(entries_warning(remarks["most_entries"]))
    return sentences


def path_warning(longest: int, count: int = 0) -> str:
    """`count` is how many paths are too long; 0: not counted."""
    many = f"{count:,} path{'s' if count != 1 else ''} in the ZIP" if count else "The longest path"
    verb = "are" if count > 1 else "is"
    length = f"up to {longest:,}" if count > 1 else f"{longest:,}"
    return (
        f"{many} {verb} {length} characters long. Windows has room for about "
        f"{LONGEST_WINDOWS_PATH}: unpack there with a program that can do more (7-Zip, tar), or on "
        "Linux or macOS."
    )


def entries_warning(count: int) -> str:
    """For a single ZIP with so many entries."""
    return (
        f"{count:,} files in one ZIP: old programs see no more than {MOST_OLD_ENTRIES:,}. For a "
        "receiver with such a program, split it into several ZIPs."
    )


def names_of(frames: Iterable[Mapping[str, Any]], count: int) -> str:
    """Such as “4 (p04.png), 7 (p07.png) and 3 more”."""
    listed = list(frames)[:FRAMES_NAMED]
    several_tasks = len({frame["task_id"] for frame in listed}) > 1
    texts = []
    for frame in listed:
        number = f"{frame['task_id']}/{frame['frame']}" if several_tasks else f"{frame['frame']}"
        texts.append(f"{number} ({frame['filename']})" if frame["filename"] else number)
    more = f" and {count - len(listed):,} more" if count > len(listed) else ""
    return ", ".join(texts) + more


def _deleted(listed: Mapping[str, Any]) -> str:
    """Such as “1 frame was deleted in CVAT after the selection was saved: 4 (p04.png).”"""
    count = listed["count"]
    frames = f"{count:,} frame{'s' if count != 1 else ''} {'was' if count == 1 else 'were'}"
    names = names_of(listed["frames"], count)
    return f"{frames} deleted in CVAT after the selection was saved: {names}."


def _left_out_without_objects(listed: Mapping[str, Any]) -> str:
    """Such as “1 frame without objects was left out, as asked for: 4 (p04.png).”"""
    count = listed["count"]
    frames = "1 frame" if count == 1 else f"{count:,} frames"
    verb = "was" if count == 1 else "were"
    names = names_of(listed["frames"], count)
    return f"{frames} without objects {verb} left out, as asked for: {names}."


def _annotations(annotations: Mapping[str, Any]) -> str:
    """Such as “1,234 annotated objects, in the format CVAT for images 1.1.”"""
    key = annotations["format"]
    # Archives of an earlier release have the number under another name.
    count = annotations["objects_count" if "objects_count" in annotations else "objects"]
    label = FORMATS[key].label if key in FORMATS else key
    objects = f"{count:,} annotated object{'s' if count != 1 else ''}, in the format {label}"
    if about := annotations.get("annotations_from"):
        return f"{objects}: the results of {result_remarks.title(about)}."
    return f"{objects}."


def _attributes_left_out(counts: Mapping[str, int]) -> str:
    """Such as “The format has no place for attributes: “color” (2 values).”"""
    listed = [
        f"“{name}” ({count:,} value{'s' if count != 1 else ''})"
        for name, count in list(counts.items())[:ATTRIBUTES_NAMED]
    ]
    more = f" and {len(counts) - len(listed):,} more" if len(counts) > len(listed) else ""
    return f"The format has no place for attributes: {', '.join(listed)}{more}."


def _jobs_left_out(jobs: Iterable[int], count: int) -> str:
    """Such as “The objects of 2 jobs (12, 13) were left out, as asked for: these jobs are not
    completed or accepted yet.”"""
    listed = list(jobs)[:JOBS_NAMED]
    more = f" and {count - len(listed):,} more" if count > len(listed) else ""
    what, which = ("1 job", "this job is") if count == 1 else (f"{count:,} jobs", "these jobs are")
    return (
        f"The objects of {what} ({', '.join(map(str, listed))}{more}) were left out, as asked for: "
        f"{which} not completed or accepted yet."
    )


def _missing_annotations(annotations: Mapping[str, Any]) -> str:
    count, first = annotations["problems_count"], annotations["problems"][0]
    where = ", ".join(
        f"{word} {first[key]}"
        for key, word in (("task_id", "task"), ("job_id", "job"), ("frame", "frame"))
        if first.get(key) is not None
    )
    verb = "annotation is" if count == 1 else "annotations are"
    more = " The manifest names the others." if count > 1 else ""
    return f"{count:,} {verb} missing. {where.capitalize()}: {first['reason']}{more}"


def _files(count: int) -> str:
    return f"{count:,} file{'s' if count != 1 else ''} {'is' if count == 1 else 'are'}"
