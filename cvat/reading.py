"""Turn CVAT's JSON into the values of types.py.

Unknown keys are ignored, missing ones and nulls get defaults, so that servers of other versions
work. Only an object without its id is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard, TypeVar

import msgspec

from cvat.exceptions import CvatBroken
from cvat.types import (
    LARGEST_SIDE,
    FrameInfo,
    Job,
    JobDate,
    Meta,
    Organization,
    OwnToken,
    Page,
    Project,
    ProjectJob,
    Task,
    User,
    ValidationLayout,
)

T = TypeVar("T")

_STEP = re.compile(r"step\s*=\s*([1-9][0-9]{0,17})")


def page(data: Any, read: Callable[[Any], T]) -> Page[T]:
    results = _object(data).get("results")
    if not isinstance(results, list):
        raise _strange()
    return Page(_number(data, "count", len(results)), tuple(read(item) for item in results))


def has_next(data: Any) -> bool:
    return bool(_object(data).get("next"))


def user(data: Any) -> User:
    return User(id=identifier(data), username=_text(data, "username"))


def own_token(data: Any) -> OwnToken:
    number = identifier(data)
    last_used = _text(data, "last_used_date") or _text(data, "created_date")
    return OwnToken(
        id=number,
        name=_text(data, "name"),
        last_used=last_used,
        read_only=data.get("read_only") is not False,
        expiry_date=_text(data, "expiry_date"),
    )


def organization(data: Any) -> Organization:
    return Organization(id=identifier(data), slug=_text(data, "slug"), name=_text(data, "name"))


def project(data: Any) -> Project:
    return Project(
        id=identifier(data),
        name=_text(data, "name"),
        owner=_username(data, "owner"),
        tasks_count=_count(data, "tasks"),
        updated_date=_text(data, "updated_date"),
        organization_id=organization_id(data),
    )


def tasks_count(project: Any) -> int | None:
    """How many tasks a project has; None if the answer does not say it."""
    summary = project.get("tasks") if isinstance(project, dict) else None
    count = summary.get("count") if isinstance(summary, dict) else None
    return count if isinstance(count, int) else None


def task(data: Any) -> Task:
    return Task(
        id=identifier(data),
        name=_text(data, "name"),
        project_id=_number(data, "project_id") or None,
        mode=_text(data, "mode"),
        dimension=_text(data, "dimension") or "2d",
        size=_number(data, "size"),
        status=_text(data, "status"),
        subset=_text(data, "subset"),
        owner=_username(data, "owner"),
        assignee=_username(data, "assignee"),
        jobs_count=_count(data, "jobs"),
        validation_mode=_text(data, "validation_mode") or None,
        updated_date=_text(data, "updated_date"),
        organization_id=organization_id(data),
    )


def job(data: Any) -> Job:
    number = identifier(data)
    start, stop = _number(data, "start_frame"), _number(data, "stop_frame", -1)
    return Job(
        id=number,
        task_id=_number(data, "task_id"),
        type=_text(data, "type") or "annotation",
        start_frame=start,
        stop_frame=stop,
        frame_count=_number(data, "frame_count", max(0, stop - start + 1)),
        stage=_text(data, "stage"),
        state=_text(data, "state"),
        assignee=_username(data, "assignee"),
        mode=_text(data, "mode"),
        dimension=_text(data, "dimension") or "2d",
        chunk_size=_number(data, "data_chunk_size"),
        original_chunk_type=_text(data, "data_original_chunk_type"),
        compressed_chunk_type=_text(data, "data_compressed_chunk_type"),
    )


def project_job(data: Any) -> ProjectJob:
    return ProjectJob(identifier(data), _number(data, "project_id") or None, job(data))


def job_date(data: Any) -> JobDate:
    return JobDate(identifier(data), _text(data, "updated_date"))


class _MetaBody(msgspec.Struct):
    """A meta as CVAT sends it, without what is not used. Only the frames have a fixed type: their
    values need no further look."""

    frames: tuple[FrameInfo, ...] = ()
    size: Any = None
    chunk_size: Any = None
    start_frame: Any = None
    stop_frame: Any = None
    frame_filter: Any = None
    deleted_frames: Any = None
    included_frames: Any = None
    chunks_updated_date: Any = None


_decode_meta = msgspec.json.Decoder(_MetaBody).decode


def meta(body: bytes | bytearray) -> Meta:
    """From the bytes of the answer, because it may have a million frames. ValueError or
    RecursionError if they are not JSON."""
    data: dict[str, Any]
    try:
        data = msgspec.structs.asdict(_decode_meta(body))
    except msgspec.DecodeError:
        # A frame has a value of a wrong type; or json, which reads all other answers, accepts what
        # msgspec does not: a byte order mark, NaN, half a character.
        data = dict(_object(json.loads(body)))
        frames = data.get("frames")
        data["frames"] = tuple(map(_frame_info, frames)) if isinstance(frames, list) else ()
    included = data.get("included_frames")
    return Meta(
        size=_number(data, "size"),
        chunk_size=_number(data, "chunk_size"),
        first_source=_number(data, "start_frame"),
        last_source=_number(data, "stop_frame"),
        step=_step(_text(data, "frame_filter")),
        frames=data["frames"],
        deleted_frames=frozenset(numbers(data.get("deleted_frames"))),
        included_sources=tuple(numbers(included)) if isinstance(included, list) else None,
        chunks_updated_date=_text(data, "chunks_updated_date"),
    )


def honeypot_frames(data: Any) -> frozenset[int]:
    """The task frames that are copies of pool frames, from a validation layout."""
    return frozenset(numbers(_object(data).get("honeypot_frames")))


def validation_layout(data: Any) -> ValidationLayout:
    """The validation layout of a task. Raises CvatBroken for copies without their originals."""
    layout = _object(data)
    if (mode := _text(layout, "mode")) != "gt_pool":
        return ValidationLayout(mode)
    copies = numbers(layout.get("honeypot_frames"))
    originals = numbers(layout.get("honeypot_real_frames"))
    if len(copies) != len(originals):
        raise CvatBroken("CVAT names other honeypots than frames that they are copies of.")
    return ValidationLayout(
        mode,
        _number(layout, "frames_per_job_count"),
        tuple(numbers(layout.get("validation_frames"))),
        dict(zip(copies, originals, strict=True)),
    )


def numbers(data: Any) -> list[int]:
    return [item for item in data if _is_number(item)] if isinstance(data, list) else []


def identifier(data: Any) -> int:
    number = _number(_object(data), "id", -1)
    if number < 0:
        raise _strange()
    return number


def well_formed(text: str) -> str:
    """The text without halves of characters, which JSON can name and no file or database can
    hold."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def number(data: Any, key: str) -> int:
    """0 where there is none."""
    return _number(_object(data), key)


def text(data: Any, key: str) -> str:
    return _text(_object(data), key)


def required_text(data: Any, key: str) -> str:
    if not (value := text(data, key)):
        raise _strange()
    return value


def objects(data: Any, key: str) -> list[Mapping[str, Any]]:
    """None where there are none."""
    listed = _object(data).get(key) or []
    if not isinstance(listed, list):
        raise _strange()
    return [_object(each) for each in listed]


def organization_id(data: Any) -> int | None:
    """The id of an object's organization, under its newer or older name (cvat-api 5.2)."""
    known = _object(data)
    return _number(known, "organization_id") or _number(known, "organization") or None


def _frame_info(data: Any) -> FrameInfo:
    if not isinstance(data, dict):
        return FrameInfo()
    return FrameInfo(_text(data, "name"), _side(data, "width"), _side(data, "height"))


def _side(data: Mapping[str, Any], key: str) -> int:
    """0 where it is not known."""
    side = _number(data, key)
    return side if 0 <= side <= LARGEST_SIDE else 0


def _step(frame_filter: str) -> int:
    """The step of a frame filter: 4 for "step=4", 1 for what names none (cvat-api 6.1)."""
    named = _STEP.search(frame_filter)
    return int(named[1]) if named else 1


def _object(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise _strange()
    return data


def _number(data: Mapping[str, Any], key: str, default: int = 0) -> int:
    value = data.get(key)
    return value if _is_number(value) else default


def _is_number(value: Any) -> TypeGuard[int]:
    """Whether it is a whole number that a database can hold."""
    return type(value) is int and -(2**63) <= value < 2**63


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return well_formed(value) if isinstance(value, str) else ""


def _username(data: Mapping[str, Any], key: str) -> str:
    person = data.get(key)
    return _text(person, "username") if isinstance(person, dict) else ""


def _count(data: Mapping[str, Any], key: str) -> int:
    summary = data.get(key)
    return _number(summary, "count") if isinstance(summary, dict) else 0


def _strange() -> CvatBroken:
    return CvatBroken("CVAT sent an answer of an unknown form: is it a supported version?")
