"""The written form of a random draw: stored in selections, taken and answered by the API. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from selections.known_names import NO_NAMES, KnownNames
from selections.methods import DEFAULT, METHODS
from selections.methods.method import Method
from selections.sampling import MAX_SEED, Amount
from selector.scope import Scope, scope_json, scope_values

FILE_NAME_FILTERS = ("filename_contains", "filename_pattern")


def names_files(draw: Mapping[str, Any] | None) -> bool:
    """Whether the written form of a draw has parts of file names."""
    return draw is not None and any(draw.get(name) for name in FILE_NAME_FILTERS)


@dataclass(frozen=True, slots=True)
class Draw(Scope):
    """A scope, and how much is drawn from it (`count` or `share`) by a draw method with its
    `settings`, which are numbers by name.

    `exclude_selections`: not the frames of these selections. `recipe` and `round_number`: not the
    frames of the rounds of this recipe before this number. `exclude_filenames`: not the frames
    whose file names are in other tasks. `labels`: those that take part in a draw
    per label; empty for all that there are. `seed` None: a random one.
    """

    method: str = DEFAULT
    count: int | None = None
    share: float | None = None
    settings: Mapping[str, int] = field(default_factory=dict)
    seed: int | None = None
    exclude_selections: tuple[int, ...] = ()
    recipe: int | None = None
    round_number: int | None = None
    labels: tuple[str, ...] = ()
    exclude_filenames: KnownNames = NO_NAMES

    def __post_init__(self) -> None:
        if self.seed is not None and not 0 <= self.seed <= MAX_SEED:
            raise ValueError(f"the seed must be 0 to {MAX_SEED}")
        if (self.recipe is None) != (self.round_number is None):
            raise ValueError("recipe and round_number go together")
        if self.share is not None and not 0 < self.share <= 1:
            raise ValueError("the share must be above 0 and at most 1")
        if self.count is not None and self.count < 1:
            raise ValueError("the count must be 1 or more")
        if self.settings.keys() != {each.name for each in self.by.settings}:
            raise ValueError(f"settings of {self.method}: {', '.join(self.settings) or 'none'}")
        for each in self.by.settings:
            if not each.minimum <= self.settings[each.name] <= each.maximum:
                raise ValueError(f"{each.name} must be {each.minimum} to {each.maximum}")

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
            "exclude_selections": list(self.exclude_selections),
            "recipe": self.recipe,
            "round_number": self.round_number,
            "labels": list(self.labels),
            "exclude_filenames": self.exclude_filenames.to_json(),
        }
        for parameter in self.by.amounts:
            optional[parameter.name] = self.count if parameter.kind == "count" else self.share
        given = {name: value for name, value in optional.items() if value}
        return {**scope_json(self), **given, **self.settings}

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
            **scope_values(data),
            method=method.key,
            count=amounts.get("count"),
            share=amounts.get("share"),
            settings={each.name: data.get(each.name, each.default) for each in method.settings},
            seed=data.get("random_seed"),
            exclude_selections=tuple(data.get("exclude_selections") or ()),
            recipe=data.get("recipe"),
            round_number=data.get("round_number"),
            labels=tuple(data.get("labels") or ()),
            exclude_filenames=KnownNames.from_json(data.get("exclude_filenames") or {}),
        )
