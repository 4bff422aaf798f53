"""What drawing a selection again would give, before anything is saved."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib.auth.models import User

from cvat.types import Frame
from portal.exceptions import InvalidInput
from selections.draws import Draw
from selections.models import SelectedFrame, Selection
from selections.services.connections import required_connection
from selections.services.drawing import draw_frames
from selector.services.connections import find_connection


@dataclass(frozen=True, slots=True)
class Preview:
    """`new` frames would be drawn and are not in the selection; `gone` ones are in it and would not
    be drawn."""

    seed: int
    count_before: int
    count: int
    new: list[Frame]
    gone: list[SelectedFrame]

    @property
    def same(self) -> int:
        return self.count - len(self.new)


def preview_draw(*, user: User, selection: Selection, seed: int | None) -> Preview:
    """Draw as draw_again() would with this seed, without saving; None for the seed of the draw.

    Raises InvalidInput for one that was never drawn, NotConnected, CvatError.
    """
    draw = draw_to_repeat(selection)
    connection = required_connection(user, selection)
    drawn = draw_frames(
        user=user,
        connection=find_connection(user=user, connection_id=connection.pk),
        draw=draw if seed is None else replace(draw, seed=seed),
    )
    frames = drawn.sample.frames
    before = {(each.task_id, each.frame): each for each in selection.frames.all()}
    after = {(frame.task_id, frame.frame) for frame in frames}
    return Preview(
        seed=drawn.draw.seed or 0,
        count_before=len(before),
        count=len(frames),
        new=[frame for frame in frames if (frame.task_id, frame.frame) not in before],
        gone=selection.shown_frames(frame for place, frame in before.items() if place not in after),
    )


def draw_to_repeat(selection: Selection) -> Draw:
    """The draw that the selection began with. Raises InvalidInput for one that was never drawn, and
    for a draw by file names that are hidden from who asks."""
    draw = selection.get_draw()
    if draw is None:
        raise InvalidInput("This selection was chosen by hand: there is no draw to repeat.")
    if selection.draw_is_hidden:
        raise InvalidInput(
            "These frames were drawn by file names, which the owner of this selection hides. Ask "
            f"{selection.owner} to draw them again."
        )
    return draw
