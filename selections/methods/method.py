"""What a draw method is. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from cvat.types import Frame, Place
from selections.sampling import Amount, Candidates, Sample
from selector.thumbnails.likeness import Likeness

LARGEST_NUMBER = 1_000_000
EMPTY: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a draw says beside its method: an amount, as a "count" or a "share" of frames, or a
    "number" with another meaning, such as a distance."""

    name: str  # key in the API and in stored draws, such as "frame_count"
    kind: Literal["count", "share", "number"]
    label: str  # on pages, such as "Frames in all"
    description: str = ""  # in the documentation of the API and, of a number, in the workspace
    default: int = 1  # of a number that is not given
    minimum: int = 1  # of a number
    maximum: int = LARGEST_NUMBER  # of a number


class Facts:
    """What a method can ask about the candidates beyond their names and numbers. `read_labels` is
    called at most once, when it is needed; `read_likeness` gets the candidates. `assignees` are
    those of the jobs, "" for nobody."""

    def __init__(
        self,
        read_labels: Callable[[], Mapping[str, Collection[Place]]] = dict[str, set[Place]],
        read_likeness: Callable[[Sequence[Frame]], Mapping[Place, Likeness]] = lambda _: {},
        *,
        read_descriptors: Callable[[Sequence[Frame]], Mapping[Place, bytes]] | None = None,
        assignees: Mapping[int, str] = EMPTY,
    ) -> None:
        self._read_labels = read_labels
        self.likeness_of = read_likeness  # of the frames that have a picture
        self._read_descriptors = read_descriptors
        self.assignees = assignees

    def descriptors_of(self, frames: Sequence[Frame]) -> Mapping[Place, bytes]:
        """Of the frames that have a picture: bytes of one length, the farther from each other the
        more the pictures differ. Colours of the likeness, unless another source is given."""
        if self._read_descriptors is not None:
            return self._read_descriptors(frames)
        return {place: each.colours for place, each in self.likeness_of(frames).items()}

    @cached_property
    def frames_by_label(self) -> Mapping[str, Collection[Place]]:
        """The places of the frames that have each label, of all labels that take part; also of
        frames that are no candidates."""
        return self._read_labels()


@dataclass(frozen=True, slots=True)
class Method:
    """A way to draw frames.

    `draw` gets the candidates, the amount with its settings, a seed (0 to MAX_SEED) and facts; the
    same arguments give the same sample on every machine. A draw has exactly one of the `amounts`,
    if the method takes any, and a number for each of the `settings`. With `is_per_job` its amount
    is that of each job, and only annotation jobs take part; with `is_per_label` that of each
    label, and a draw may name the labels that take part. Likewise with `is_per_task` and
    `is_per_assignee`.

    A draw that `is_random` takes other frames with another seed, and with a larger amount keeps
    those of a smaller one; of more frames than `nested_up_to` it need not keep them.
    """

    key: str  # CVAT's or our name of the frame_selection_method, at most 20 characters
    label: str  # in lists, such as "random over all"
    short_label: str  # on the switch of the workspace, such as "Over all"
    description: str  # in the workspace and in the documentation of the API
    parameters: tuple[Parameter, ...]
    draw: Callable[[Candidates, Amount, int, Facts], Sample]
    is_per_job: bool = False
    is_per_label: bool = False
    is_per_task: bool = False
    is_per_assignee: bool = False
    takes_lowest: bool = False  # whether the frames of the lowest ranks are drawn, whatever others
    is_random: bool = True
    nested_up_to: int | None = None
    is_for_one_job: bool = True  # False: in one job it draws what the default method draws there
    is_for_one_task: bool = True  # False: in one task it draws what a draw over all draws there
    manner: str = "drawn at random"  # of the frames; may name settings, such as {frame_step}
    shortage: str = ""  # why there can be fewer frames than asked for, although there are more

    @property
    def amounts(self) -> tuple[Parameter, ...]:
        """The parameters of which a draw has exactly one."""
        return tuple(each for each in self.parameters if each.kind != "number")

    @property
    def settings(self) -> tuple[Parameter, ...]:
        """The parameters that a draw has beside its amount."""
        return tuple(each for each in self.parameters if each.kind == "number")
