"""Recorded tasks at the stand-in, and their objects as the API answers them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import Case

NOT_COMPARED = ("z_order", "group", "source")


def opened(standin: StandIn, folder: Path) -> Case:
    """A recorded task, which the account of the connection may see."""
    add_annotated_task(standin.world, folder)
    for user in standin.world.users.values():
        user.is_superuser |= user.username == "demo"
    return Case(folder)


def compared(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects of an answer in the form of tests.annotated."""
    names = {
        each["id"]: each["name"]
        for label in answer["labels"]
        for each in (label, *label["sublabels"])
    }
    return [_compared(item, names) for item in answer["objects"]]


def _compared(item: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    kind = item.get("type", "points")
    elements = [_compared(each, names) for each in item.get("elements", [])]
    return {
        "kind": kind,
        "label": names[item["label_id"]],
        "points": item["points"],
        "rotation": item["rotation"] if kind in ("rectangle", "ellipse") else 0.0,
        "occluded": item["occluded"] and kind not in ("skeleton", "tag"),
        "outside": item.get("outside", False),
        "attributes": {each["name"]: each["value"] for each in item["attributes"]},
        "elements": sorted(elements, key=lambda each: (each["label"], each["points"])),
    }


def without(item: dict[str, Any]) -> dict[str, Any]:
    """An object of tests.annotated with what `compared` has of it."""
    kept = {key: value for key, value in item.items() if key not in NOT_COMPARED}
    return kept | {"elements": [without(each) for each in item["elements"]]}
