"""Writes the annotations of jobs (cvat-api 14.9 to 14.12)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from standin import objects
from standin.finding import find_job
from standin.messages import Answer, Refusal, Request, json_answer
from standin.model import Job, Label
from standin.object_checks import KINDS, Json, check
from standin.site import Site
from standin.world import World

ACTIONS = ("create", "update", "delete")


def job_annotations_change(request: Request, site: Site, number: int) -> Answer:
    """Create, update or delete objects: all those of the request, or none."""
    job, action = find_job(request, site, number), request.query.get("action")
    if action not in ACTIONS:
        raise Refusal(400, ["Please specify a correct 'action' for the request"])
    given = _given(request.json())
    with site.world.lock:
        check(job.task, given, action=action)
        stored = _stored(job)
        answered = {
            kind: [_apply(site.world, kind, each, stored[kind], action) for each in given[kind]]
            for kind in KINDS
        }
        _store(site.world, job, stored)
    return json_answer({"version": 0, **answered})


def job_annotations_replace(request: Request, site: Site, number: int) -> Answer:
    job, given = find_job(request, site, number), _given(request.json())
    with site.world.lock:
        check(job.task, given, action="create")
        made = {kind: [_made(site.world, kind, each) for each in given[kind]] for kind in KINDS}
        _store(site.world, job, made)
    return json_answer({"version": 0, **made})


def job_annotations_delete(request: Request, site: Site, number: int) -> Answer:
    job = find_job(request, site, number)
    with site.world.lock:
        _store(site.world, job, {kind: [] for kind in KINDS})
    return Answer(204, b"", None)


def _given(body: Mapping[str, Any]) -> dict[str, list[Json]]:
    return {kind: list(body.get(kind) or []) for kind in KINDS}


def _stored(job: Job) -> dict[str, list[Json]]:
    known = objects.annotations_of(job)
    return {kind: list(known[kind]) for kind in KINDS}


def _store(world: World, job: Job, stored: Mapping[str, list[Json]]) -> None:
    labels = (job.task.project or job.task).labels
    by_id = {part.id: part for label in labels for part in (label, *label.sublabels)}
    job.annotations = {
        "version": 0,
        **{kind: [_as_read(each, by_id) for each in stored[kind]] for kind in KINDS},
    }
    job.task.is_edited = True
    job.updated_date = datetime.now(UTC)
    world.touch(job.task)


# -- objects ------------------------------------------------------------------------------------


def _apply(world: World, kind: str, given: Json, stored: list[Json], action: str) -> Json:
    """Change the stored objects of a kind, and return what the answer says of it. An update of an
    unknown id makes an object with that id; one without an id a new object."""
    made = _made(world, kind, given)
    stored[:] = [each for each in stored if each["id"] != made["id"]]
    if action != "delete":
        stored.append(made)
    return made


def _made(world: World, kind: str, given: Json) -> Json:
    made: Json = {
        "id": given["id"] if "id" in given else world.new_object_id(),
        "frame": given["frame"],
        "label_id": given["label_id"],
        "group": given.get("group"),
        "source": given.get("source", "manual"),
        "attributes": _attributes(given),
    }
    if kind == "shapes":
        made |= _drawn(given)
    if kind == "tracks":
        made["shapes"] = [
            {
                "id": world.new_object_id(),
                "frame": each["frame"],
                **_drawn(each),
                "attributes": _attributes(each),
            }
            for each in given.get("shapes") or []
        ]
    if kind != "tags":
        made["elements"] = [_made(world, kind, each) for each in given.get("elements") or []]
        for part in made["elements"]:
            del part["elements"]
    return made


def _attributes(given: Json) -> list[Json]:
    """As text, which loses white space around it."""
    return [{**each, "value": str(each["value"]).strip()} for each in given.get("attributes") or []]


def _drawn(given: Json) -> Json:
    return {
        "type": given["type"],
        "occluded": bool(given.get("occluded", False)),
        "outside": bool(given.get("outside", False)),
        "z_order": given.get("z_order", 0),
        "rotation": float(given["rotation"]) if "rotation" in given else 0,
        "points": list(given.get("points") or []),
    }


def _as_read(stored: Json, labels: Mapping[int, Label]) -> Json:
    """An object as CVAT answers it later: numbers as floats, attributes with their defaults."""
    read, label, is_track = dict(stored), labels[stored["label_id"]], "shapes" in stored
    kinds = [False] if is_track else [False, True]
    read["attributes"] = _with_defaults(read["attributes"], label, kinds)
    if "points" in read:
        read |= _as_floats(read)
    if is_track:
        read["shapes"] = _keyframes_as_read(read["shapes"], label)
    if "elements" in read:
        read["elements"] = [_as_read(part, labels) for part in read["elements"]]
    return read


def _keyframes_as_read(stored: list[Json], label: Label) -> list[Json]:
    """In the order of their frames. What one does not name it has from the one before, and the
    first by default (cvat/apps/dataset_manager/task.py)."""
    read: list[Json] = []
    before = _with_defaults([], label, [True])
    for each in sorted(stored, key=itemgetter("frame")):
        named = {value["spec_id"] for value in each["attributes"]}
        carried = [value for value in before if value["spec_id"] not in named]
        before = [*each["attributes"], *carried]
        read.append({**each, **_as_floats(each), "attributes": before})
    return read


def _as_floats(drawn: Json) -> Json:
    points = [float(value) for value in drawn["points"]]
    return {"points": points, "rotation": float(drawn["rotation"])}


def _with_defaults(given: list[Json], label: Label, mutable: Collection[bool]) -> list[Json]:
    """`mutable`: which of the label's attributes these are. In a track the mutable ones are of the
    keyframes, the others of the track."""
    values = {each["spec_id"] for each in given}
    missing = [
        {"spec_id": each["id"], "value": each["default_value"]}
        for each in label.attributes
        if each["mutable"] in mutable and each["id"] not in values
    ]
    return [*given, *missing]
