"""The written form of a random draw: stored in selections, taken and answered by the API. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from selections.methods import DEFAULT, METHODS
from selections.methods.method import Method
from selections.sampling import MAX_SEED, Amount
from selector.annotation_index.filter import NO_FILTER, AnnotationFilter


@dataclass(frozen=True, slots=True)
class Draw:
    """What to draw from a task or a job: an amount (`count` or `share`), by a draw method with its
    `settings`, which are numbers by name.

    `job_ids`: only from these jobs of the task. `filename_contains`: only frames whose name
    contains each of these words, in any case. `exclude_selections`: not the frames of these
    selections. `annotation_filter`: only frames with such annotations. `labels`: those that take
    part in a draw per label; empty for all that the task has. `seed` None: a random one.
    """

    task_id: int | None
    job_id: int | None = None
    job_ids: tuple[int, ...] = ()
    method: str = DEFAULT
    count: int | None = None
    share: float | None = None
    settings: Mapping[str, int] = field(default_factory=dict)
    seed: int | None = None
    exclude_selections: tuple[int, ...] = ()
    filename_contains: str = ""
    annotation_filter: AnnotationFilter = NO_FILTER
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.seed is not None and not 0 <= self.seed <= MAX_SEED:
            raise ValueError(f"the seed must be 0 to {MAX_SEED}")
        if self.settings.keys() != {each.name for each in self.by.settings}:
            raise ValueError(f"settings of {self.method}: {', '.join(self.settings) or 'none'}")

    @property
    def amount(self) -> Amount:
        return Amount(self.count, self.share, self.settings)

    @property
    def by(self) -> Method:
        """The draw method."""
        return METHODS[self.method]

    @property
    def parameters(self) -> dict[str, Any]:
        """The draw in CVAT's words, without method and seed."""
        optional: dict[str, Any] = {
            "job_ids": list(self.job_ids),
            "exclude_selections": list(self.exclude_selections),
            "filename_contains": self.filename_contains,
            "annotation_filter": self.annotation_filter.to_json(),
            "labels": list(self.labels),
        }
        for parameter in self.by.amounts:
            optional[parameter.name] = self.count if parameter.kind == "count" else self.share
        given = {name: value for name, value in optional.items() if value}
        return {"task_id": self.task_id, "job_id": self.job_id, **given, **self.settings}

    def to_json(self) -> dict[str, Any]:
        """Such as {"frame_selection_method": "random_uniform", "task_id": 1, "job_id": None,
        "frame_count": 10, "random_seed": 7}."""
        named = {"frame_selection_method": self.method, **self.parameters}
        return {**named, "random_seed": self.seed}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Draw:
        """The draw that `to_json` wrote; also from a body of the API, which may lack keys."""
        method = METHODS[data["frame_selection_method"]]
        amounts = {each.kind: data.get(each.name) for each in method.amounts}
        return cls(
            task_id=data.get("task_id"),
            job_id=data.get("job_id"),
            job_ids=tuple(data.get("job_ids", ())),
            method=method.key,
            count=amounts.get("count"),
            share=amounts.get("share"),
            settings={each.name: data.get(each.name, each.default) for each in method.settings},
            seed=data.get("random_seed"),
            exclude_selections=tuple(data.get("exclude_selections", ())),
            filename_contains=data.get("filename_contains", ""),
            annotation_filter=AnnotationFilter.from_json(data.get("annotation_filter") or {}),
            labels=tuple(data.get("labels", ())),
        )
