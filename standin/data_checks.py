"""What CVAT refuses of the parameters of an upload, before the task is made in the background
(cvat-api 15.5, 15.6 and 15.11)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from standin.messages import Refusal

REQUIRED = ["This field is required."]
METHODS = {
    "gt": ("manual", "random_uniform", "random_per_job"),
    "gt_pool": ("manual", "random_uniform"),
}
PER_JOB = ("frames_per_job_count", "frames_per_job_share")
AMOUNTS = {"random_uniform": ("frame_count", "frame_share"), "random_per_job": PER_JOB}


def check(data: dict[str, Any], *, files: Sequence[str]) -> None:
    """Raises Refusal. `files` are those that were uploaded. Files that the parameters name lose
    white space around them, as all text does in CVAT."""
    errors = dict(_errors(data))
    if errors:
        raise Refusal(400, errors)
    if data.get("stop_frame") is not None and _number(data, "start_frame") > _number(
        data, "stop_frame"
    ):
        text = "Stop frame must be more or equal start frame"
        raise Refusal(400, {"non_field_errors": [text]})
    _check_file_order(data.get("upload_file_order") or [], files)


def _errors(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if data.get("image_quality") is None:
        yield "image_quality", REQUIRED
    elif not 0 <= _number(data, "image_quality") <= 100:
        yield "image_quality", ["Ensure this value is less than or equal to 100."]
    if data.get("chunk_size") is not None and _number(data, "chunk_size") <= 0:
        yield "chunk_size", ["Chunk size must be a positive integer"]
    step = data.get("frame_filter")
    if step is not None and not re.search(r"step\s*=\s*([1-9]\d*)", step):
        yield "frame_filter", ["Invalid frame filter expression"]
    if (mapping := data.get("job_file_mapping")) is not None:
        data["job_file_mapping"] = [[name.strip() for name in job] for job in mapping]
        if errors := _errors_of_mapping(data["job_file_mapping"]):
            yield "job_file_mapping", errors
    if wanted := data.get("validation_params"):
        if "frames" in wanted:
            wanted["frames"] = [str(name).strip() for name in wanted["frames"]]
        if errors := _errors_of_validation(wanted):
            yield "validation_params", errors


def _errors_of_mapping(mapping: Sequence[Sequence[str]]) -> Any:
    if not mapping:
        return ["This list may not be empty."]
    empty = {str(at): ["This list may not be empty."] for at, job in enumerate(mapping) if not job}
    if empty:
        return empty
    seen: set[str] = set()
    for name in (name for job in mapping for name in job):
        if name in seen:
            return [f"The same file '{name}' cannot be used multiple times in the job file mapping"]
        seen.add(name)
    return None


def _errors_of_validation(wanted: dict[str, Any]) -> Any:
    missing = {key: REQUIRED for key in ("mode", "frame_selection_method") if key not in wanted}
    if missing:
        return missing
    mode, method = wanted["mode"], wanted["frame_selection_method"]
    text = ""
    if method not in METHODS[mode]:
        text = f'The "frame_selection_method" field must be one of {", ".join(METHODS[mode])}'
    elif mode == "gt_pool":
        text = _why_not_one(wanted, PER_JOB)
    if not text and method in AMOUNTS:
        text = _why_not_one(wanted, AMOUNTS[method])
    if not text and method == "manual" and "frames" not in wanted:
        text = 'The "frames" field is required'
    if not text and method != "manual" and "frames" in wanted:
        text = '"frames" can only be used when "frame_selection_method" is "manual"'
    frames = wanted.get("frames", ())
    if not text and len(set(frames)) < len(frames):
        text = "Frames must not repeat"
    return {"non_field_errors": [text]} if text else None


def _why_not_one(wanted: dict[str, Any], names: Sequence[str]) -> str:
    given = sum(name in wanted for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    if given == 1:
        return ""
    return (
        f"Only 1 of the fields {listed} can be used"
        if given
        else f"One of the fields {listed} required"
    )


def _number(data: dict[str, Any], name: str) -> int:
    """The value of a form or of JSON; 0 for none."""
    return int(data.get(name) or 0)


def _check_file_order(order: Sequence[str], files: Sequence[str]) -> None:
    if not order or set(order) == set(files):
        return
    wrong = [f"{name} (missing)" for name in order if name not in files]
    wrong += [f"{name} (extra)" for name in files if name not in order]
    text = (
        "Uploaded files do not match the 'upload_file_order' field contents. Please check the "
        f"uploaded data and the list of uploaded files. Mismatching files: {', '.join(wrong)}"
    )
    raise Refusal(400, [text])
