"""Changing the frames of a saved selection, its history, and two people who change it at once."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from portal.exceptions import Conflict, InvalidInput, NotFound
from selections import batches, services
from selections.draws import Draw
from selections.models import SelectedFrame, Selection
from selector.models import Connection
from standin.server import StandIn
from tests.making import connected, make_selection

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(alice: User, standin: StandIn) -> Connection:
    return connected(alice, standin)


@pytest.fixture
def selection(alice: User, connection: Connection) -> Selection:
    """Frames 0, 1 and 2 of task 1."""
    return make_selection(alice, connection, name="Round 1")


def edit(
    selection: Selection, user: User | None = None, *, add: str = "", remove: str = ""
) -> None:
    """Change a selection as it is now; frames are "task:frame" with spaces between them."""
    services.edit_frames(
        user=user or selection.owner,
        selection=selection,
        revision=selection.revision,
        add=[services.Choice(*place) for place in places(add)],
        remove=places(remove),
    )


def places(text: str) -> list[tuple[int, int]]:
    return [
        (int(task), int(frame)) for task, _, frame in (each.partition(":") for each in text.split())
    ]


def frames(selection: Selection) -> str:
    rows = selection.frames.order_by("task_id", "frame").values_list("task_id", "frame")
    return " ".join(f"{task}:{frame}" for task, frame in rows)


def reread(selection: Selection) -> Selection:
    return Selection.objects.with_counts().get(pk=selection.pk)


def test_frames_are_added_and_removed(selection: Selection, alice: User) -> None:
    edit(selection, add="1:7 2:0", remove="1:1")
    for each in (selection, now := reread(selection)):
        assert (each.revision, frames(each)) == (2, "1:0 1:2 1:7 2:0")
    assert now.frames_count == 4
    assert {task.task_id: task.frames_count for task in now.tasks.all()} == {1: 3, 2: 1}
    added = now.frames.get(task_id=1, frame=7)
    assert all((added.filename, added.job_id, added.width))  # as CVAT has them
    assert now.longest_name() == max(len(frame.filename) for frame in now.frames.all())
    latest, first = now.revisions.all()
    assert (latest.made_by, latest.added, latest.removed, latest.frames_count) == (alice, 2, 1, 4)
    assert (first.number, first.frames_count, first.made_at) == (1, 3, now.created_at)
    assert [each.frame for each in latest.added_frames()] == [7, 0]
    assert [each.frame for each in latest.removed_frames()] == [1]


def test_every_revision_stays_as_it_was(selection: Selection) -> None:
    edit(selection, add="2:0", remove="1:1")
    edit(selection, remove="2:0")
    now = reread(selection)
    assert [frames(now.at(number)) for number in (1, 2, 3)] == [
        "1:0 1:1 1:2",
        "1:0 1:2 2:0",
        "1:0 1:2",
    ]
    assert [sorted(now.at(number).tasks_by_id) for number in (1, 2, 3)] == [[1], [1, 2], [1]]
    assert sorted(now.tasks_by_id) == [1]


def test_whoever_reads_it_sees_one_revision_to_the_end(selection: Selection) -> None:
    reading = reread(selection)
    edit(selection, remove="1:1")
    assert frames(reading) == "1:0 1:1 1:2"
    assert frames(reread(selection)) == "1:0 1:2"


def test_going_back_is_a_change(selection: Selection, alice: User) -> None:
    edit(selection, add="2:0", remove="1:1")
    edit(selection, remove="1:0 1:2")
    services.go_back(user=alice, selection=selection, revision=3, to=1)
    now = reread(selection)
    assert (now.revision, frames(now)) == (4, "1:0 1:1 1:2")
    last = now.revisions.get(number=4)
    assert (last.back_to, last.added, last.removed) == (1, 3, 1)
    services.go_back(user=alice, selection=now, revision=4, to=3)
    assert frames(reread(selection)) == "2:0"
    assert sorted(reread(selection).tasks_by_id) == [2]


def test_there_must_be_something_to_go_back_to(selection: Selection, alice: User) -> None:
    with pytest.raises(NotFound, match="no revision 1"):  # never changed
        services.go_back(user=alice, selection=selection, revision=1, to=1)
    edit(selection, remove="1:1")
    with pytest.raises(InvalidInput, match="has the frames of revision 2 already"):
        services.go_back(user=alice, selection=selection, revision=2, to=2)


def test_a_draw_that_is_changed_was_adjusted_by_hand(alice: User, connection: Connection) -> None:
    draw = Draw(method="random_uniform", task_id=1, count=3, seed=5)
    drawn = services.create_random_selection(owner=alice, connection=connection, draw=draw)
    first = drawn.frames.order_by("frame")[0]
    edit(drawn, remove=f"1:{first.frame}")
    now = reread(drawn)
    assert now.adjusted_by_hand
    assert (now.random_seed, now.frames_requested) == (None, None)
    assert now.parameters["adjusted_from"]["random_seed"] == 5
    assert not now.at(1).adjusted_by_hand
    services.go_back(user=alice, selection=now, revision=2, to=1)
    assert (now.adjusted_by_hand, now.random_seed, now.frames_requested) == (False, 5, 3)
    assert not reread(drawn).adjusted_by_hand


def test_of_two_at_once_the_second_is_told(selection: Selection, alice: User, bob: User) -> None:
    services.share_selection(user=alice, selection=selection, person="bob", may_edit=True)
    late = reread(selection)
    edit(selection, bob, remove="1:1")
    with pytest.raises(Conflict, match=r"were changed by bob meanwhile \(0 added, 1 removed\)"):
        services.edit_frames(user=alice, selection=reread(late), revision=1, remove=[(1, 2)])
    # Also when both have read the same: the row of the revision is there once.
    with pytest.raises(Conflict, match="just now"):
        edit(late, remove="1:2")
    assert frames(reread(selection)) == "1:0 1:2"


def test_what_is_so_already_is_no_change(selection: Selection) -> None:
    edit(selection, add="1:0", remove="1:9")
    assert reread(selection).revision == 1
    assert not selection.revisions.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"remove": "1:0 1:1 1:2"}, "No frame is chosen"),
        ({"add": "1:7", "remove": "1:7"}, "Frame 7 of task 1 is to be added and to be removed"),
        ({"add": "1:99999"}, "Task 1 offers no frame 99999"),
    ],
)
def test_what_cannot_be(selection: Selection, change: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        edit(selection, **change)
    assert (frames(reread(selection)), reread(selection).revision) == ("1:0 1:1 1:2", 1)


def test_a_change_that_fails_is_taken_back(
    selection: Selection, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH", 1)

    def withdraw() -> None:
        Selection.objects.filter(pk=selection.pk).update(deleted_at=timezone.now())

    with monkeypatch.context() as patch:
        patch.setattr(batches, "_let_others_write", withdraw)
        with pytest.raises(Conflict, match="was changed or deleted meanwhile"):
            edit(selection, add="1:7 1:8", remove="1:1 1:2")
    services.restore_selection(user=alice, selection_id=selection.pk)
    assert frames(reread(selection)) == "1:0 1:1 1:2"
    assert not SelectedFrame.history.exclude(since=1).exists()
    edit(reread(selection), remove="1:1")
    assert frames(reread(selection)) == "1:0 1:2"


def test_a_change_whose_process_died_is_taken_back_by_the_next(
    selection: Selection, alice: User
) -> None:
    dead = selection.revisions.create(number=2, made_by=alice)
    batches.remove_frames(selection, [(1, 0)], until=2)
    assert frames(reread(selection)) == "1:0 1:1 1:2"
    with pytest.raises(Conflict, match="just now"):
        edit(selection, remove="1:1")
    selection.revisions.filter(pk=dead.pk).update(made_at=timezone.now() - timedelta(hours=2))
    edit(selection, remove="1:1")
    assert frames(reread(selection)) == "1:0 1:2"


def test_a_change_that_was_taken_for_dead_harms_no_other(
    selection: Selection, bob: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It finds out at its next batch, and leaves alone what the other change wrote."""
    connected(bob, standin)
    services.share_selection(user=selection.owner, selection=selection, person="bob", may_edit=True)
    monkeypatch.setattr(batches, "BATCH", 1)
    pauses = count()

    def pause() -> None:
        if next(pauses) == 0:  # after the first batch
            grow_old_and_edit(selection, bob)

    monkeypatch.setattr(batches, "_let_others_write", pause)
    with pytest.raises(Conflict, match="somebody else has changed the frames meanwhile"):
        edit(selection, add="1:7 1:8", remove="1:0")
    now = reread(selection)
    assert (now.revision, frames(now)) == (2, "1:0 1:2 1:9")
    assert now.revisions.get(number=2).made_by == bob
    assert SelectedFrame.history.filter(selection=selection).count() == 4


def grow_old_and_edit(selection: Selection, user: User) -> None:
    """The change of the next revision is an hour old, and the user makes another one."""
    old = timezone.now() - Selection.LONGEST_SAVE - timedelta(seconds=1)
    selection.revisions.filter(number=2).update(made_at=old)
    edit(reread(selection), user, add="1:9", remove="1:1")


def test_a_copy_and_a_combination_have_the_present_frames(
    selection: Selection, alice: User
) -> None:
    edit(selection, add="2:0", remove="1:1")
    other = make_selection(alice, selection.connection)
    copied = services.copy_selection(user=alice, selection=reread(selection))
    assert (copied.revision, frames(reread(copied))) == (1, "1:0 1:2 2:0")
    both = services.visible_selections(user=alice, ids=[selection.pk, other.pk])
    parts = services.compare_selections(both)
    assert [part.count for part in parts] == [2, 1, 1, 4]
    made = services.combine_selections(
        user=alice, selections=both, operation=Selection.Operation.INTERSECTION
    )
    assert frames(reread(made)) == "1:0 1:2"


def test_a_round_leaves_out_what_was_removed_from_earlier_ones(
    alice: User, connection: Connection
) -> None:
    draw = Draw(method="random_uniform", task_id=3, count=2)
    recipe = services.create_recipe(user=alice, connection=connection, draw=draw, name="Weekly")
    first = services.draw_next_round(user=alice, recipe=recipe).selection
    drawn = set(frames(first).split())
    edit(first, remove=min(drawn))
    recipe.refresh_from_db()
    later = services.draw_next_round(user=alice, recipe=recipe).selection
    assert not drawn & set(frames(later).split())


def test_marks_come_back_with_their_frames(selection: Selection, alice: User) -> None:
    services.mark_frames(user=alice, selection=selection, frames=[(1, 1)], verdict="good")
    edit(selection, remove="1:1")
    assert not selection.present_marks().exists()
    services.go_back(user=alice, selection=selection, revision=2, to=1)
    assert selection.present_marks().get().verdict == "good"


def test_a_made_up_name_tells_the_new_number(alice: User, connection: Connection) -> None:
    choices = [services.Choice(1, 3), services.Choice(1, 5)]
    made = services.create_selection(owner=alice, connection=connection, choices=choices)
    assert made.name == "Night drive, north loop: 2 frames"
    edit(made, add="1:7")
    assert reread(made).name == "Night drive, north loop: 3 frames"
    services.update_selection(selection=made, name="Mine")
    edit(made, remove="1:7")
    assert reread(made).name == "Mine"


def test_a_name_that_only_begins_like_a_made_up_one_stays(
    alice: User, connection: Connection
) -> None:
    choices = [services.Choice(1, 3), services.Choice(1, 5)]
    made = services.create_selection(owner=alice, connection=connection, choices=choices)
    second = services.create_selection(owner=alice, connection=connection, choices=choices)
    assert second.name == f"{made.name} 2"
    services.update_selection(selection=made, name=f"{made.name}, checked by Eva")
    for each in (made, second):
        edit(each, add="1:7")
    assert reread(made).name == "Night drive, north loop: 2 frames, checked by Eva"
    assert reread(second).name == "Night drive, north loop: 3 frames"
