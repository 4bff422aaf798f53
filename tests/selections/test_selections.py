"""Keeping a choice: by hand, at random, copied, changed, deleted; asked for twice at once."""

from __future__ import annotations

import uuid
from collections import Counter
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connections, transaction
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from selections import services, tasks
from selections.models import Archive, SelectedFrame, Selection
from selections.services import Choice
from selector.cvat.exceptions import CvatNoData, CvatNotFound
from selector.exceptions import Conflict, InvalidInput, NotConnected
from selector.models import Connection
from selector.services import PER_JOB, UNIFORM, DrawRequest, load_catalog
from standin.server import StandIn
from tests.conftest import connect
from tests.making import connected, make_archive, make_connection, make_selection


@pytest.fixture
def mine(alice: User, standin: StandIn) -> Connection:
    return connected(alice, standin)


def frames_of(selection: Selection) -> list[tuple[int, int]]:
    return list(selection.frames.values_list("task_id", "frame"))


def drawn(mine: Connection, **values: object) -> Selection:
    values = {"task_id": 1, "count": 10, "seed": 7, **values}
    return services.create_random_selection(
        owner=mine.owner, connection=mine, request=DrawRequest(**values)
    )


def test_it_works(alice: User, mine: Connection, standin: StandIn) -> None:
    kept = services.create_selection(
        owner=alice,
        connection=mine,
        choices=[Choice(2, 3), Choice(1, 50), Choice(1, 2), Choice(1, 50, job_id=1)],
        name="  Round 1 ",
    )
    kept.refresh_from_db()
    assert frames_of(kept) == [(1, 2), (1, 50), (2, 3)]
    assert kept.name == "Round 1"
    assert kept.frame_selection_method == "manual"
    assert kept.random_seed is None
    assert (kept.url, kept.visibility) == (mine.url, "private")
    assert [task["id"] for task in kept.tasks] == [1, 2]
    row = kept.frames.get(frame=50)
    # Names and sizes are CVAT's, and of the jobs that overlap the first counts.
    assert (row.filename, row.width, row.job_id) == (
        standin.world.filename(1, 50),
        640,
        standin.world.tasks[1].jobs[1].id,
    )


def test_a_name_is_made_up(alice: User, mine: Connection) -> None:
    kept = services.create_selection(owner=alice, connection=mine, choices=[Choice(1, 0)])
    assert kept.name == "Night drive, north loop: 1 frame"


@pytest.mark.parametrize("frame", [17, 230, 10**9])
def test_frames_that_are_not_there(alice: User, mine: Connection, frame: int) -> None:
    with pytest.raises(InvalidInput, match=f"Task 1 offers no frame {frame}"):
        services.create_selection(owner=alice, connection=mine, choices=[Choice(1, frame)])
    assert not Selection.objects.exists()


def test_nothing_and_too_much(alice: User, mine: Connection, settings: object) -> None:
    with pytest.raises(InvalidInput, match="at least one"):
        services.create_selection(owner=alice, connection=mine, choices=[])
    settings.MAX_SELECTION_FRAMES = 2
    choices = [Choice(1, number) for number in range(3)]
    with pytest.raises(InvalidInput, match=r"3 frames are more .* \(2\)"):
        services.create_selection(owner=alice, connection=mine, choices=choices)
    with pytest.raises(InvalidInput, match="50 frames"):
        drawn(mine)


def test_frames_of_very_many_tasks(alice: User, mine: Connection, standin: StandIn) -> None:
    """Each costs a few requests to CVAT, while somebody waits."""
    choices = [Choice(number, 0) for number in range(1, 102)]
    with pytest.raises(InvalidInput, match="101 tasks"):
        services.create_selection(owner=alice, connection=mine, choices=choices)
    assert len(standin.requests) == 0


def test_who_may_see_a_ground_truth_job_only(alice: User, standin: StandIn) -> None:
    """Its frames can be kept, by hand and from a draw; others are told to be missing."""
    validated = standin.world.tasks[5]
    judged = next(job for job in validated.jobs if job.type == "ground_truth")
    judged.assignee = standin.world.user("carol")
    hers = connect(alice, standin, "carol")
    offered = load_catalog(connection=hers, job_id=judged.id).frames
    chosen = [Choice(5, frame.frame, judged.id) for frame in offered[:3]]
    kept = services.create_selection(owner=alice, connection=hers, choices=chosen)
    assert frames_of(kept) == [(5, choice.frame) for choice in chosen]
    assert set(kept.frames.values_list("job_id", flat=True)) == {judged.id}
    request = DrawRequest(task_id=None, job_id=judged.id, count=2, seed=7)
    common = {"owner": alice, "connection": hers, "request": request}
    adjusted = services.create_random_selection(choices=chosen, **common)
    assert frames_of(adjusted) == frames_of(kept)
    other = next(n for n in range(60) if n not in {frame.frame for frame in offered})
    with pytest.raises(InvalidInput, match=f"offers no frame {other}"):
        services.create_selection(
            owner=alice, connection=hers, choices=[*chosen, Choice(5, other, judged.id)]
        )
    with pytest.raises(CvatNoData, match=f"only job {judged.id}: choose that job"):
        services.create_selection(owner=alice, connection=hers, choices=[Choice(5, other)])


def test_frames_said_to_be_of_very_many_jobs(
    alice: User, mine: Connection, standin: StandIn
) -> None:
    choices = [Choice(1, 10**6 + number, number) for number in range(1, 102)]
    with pytest.raises(InvalidInput, match="101 of the jobs"):
        services.create_selection(owner=alice, connection=mine, choices=choices)


def test_over_all_the_pool_of_a_honeypot_task_counts(mine: Connection) -> None:
    offered = load_catalog(connection=mine, task_id=6).frames
    kept = drawn(mine, task_id=6, method=UNIFORM, count=None, share=1.0)
    assert frames_of(kept) == [(6, frame.frame) for frame in offered]
    assert drawn(mine, task_id=6, count=1000).frames.count() < len(offered)


def test_unknown_task(alice: User, mine: Connection) -> None:
    with pytest.raises(CvatNotFound):
        services.create_selection(owner=alice, connection=mine, choices=[Choice(999, 0)])


def test_no_network_inside_a_transaction(mine: Connection, standin: StandIn) -> None:
    """A writer that waits for CVAT would make everybody else wait for it."""
    with CaptureQueriesContext(database) as queries:
        drawn(mine)
    statements = [query["sql"].split()[0] for query in queries]
    assert "INSERT" in statements
    standin.stop()
    selection = Selection.objects.get()
    services.copy_selection(user=mine.owner, selection=selection)
    services.update_selection(selection=selection, name="x")
    services.delete_selection(selection=selection)


# --- at random ---------------------------------------------------------------------------------


def test_random_per_job(mine: Connection) -> None:
    kept = drawn(mine)
    per_job = Counter(kept.frames.values_list("job_id", flat=True))
    assert list(per_job.values()) == [10] * 5
    assert kept.frame_selection_method == PER_JOB
    assert kept.random_seed == 7
    assert kept.parameters == {"task_id": 1, "job_id": None, "frames_per_job_count": 10}


def test_the_same_seed_keeps_the_same_frames(mine: Connection) -> None:
    assert frames_of(drawn(mine)) == frames_of(drawn(mine))
    assert frames_of(drawn(mine)) != frames_of(drawn(mine, seed=8))


def test_a_seed_is_made_up_and_kept(mine: Connection) -> None:
    first = drawn(mine, seed=None)
    assert first.random_seed is not None
    assert frames_of(drawn(mine, seed=first.random_seed)) == frames_of(first)


@pytest.mark.parametrize(
    ("values", "count", "parameter"),
    [
        ({"method": UNIFORM, "count": 9}, 9, "frame_count"),
        ({"method": UNIFORM, "count": None, "share": 0.1}, 22, "frame_share"),
        ({"method": PER_JOB, "count": None, "share": 0.5}, 113, "frames_per_job_share"),
        ({"job_id": 2, "task_id": None, "count": 4}, 4, "frames_per_job_count"),
        ({"task_id": 2, "count": 10}, 27, "frames_per_job_count"),  # the last job has 7
    ],
)
def test_other_draws(mine: Connection, values: dict, count: int, parameter: str) -> None:
    kept = drawn(mine, **values)
    assert abs(kept.frames.count() - count) <= (1 if "share" in parameter else 0)
    assert parameter in kept.parameters


def test_without_the_frames_of_others(mine: Connection) -> None:
    """What is left is drawn from as if there were nothing else, until nothing is left."""
    first = drawn(mine)
    second = drawn(mine, exclude_selections=(first.pk,))
    assert second.parameters["exclude_selections"] == [first.pk]
    assert Counter(second.frames.values_list("job_id", flat=True)).most_common(1)[0][1] == 10
    # Ranked: ten and then ten others are the twenty of one draw.
    assert sorted(frames_of(first) + frames_of(second)) == frames_of(drawn(mine, count=20))
    rest = drawn(mine, method=UNIFORM, count=500, exclude_selections=(second.pk, first.pk))
    assert rest.frames.count() == 227 - 100
    with pytest.raises(InvalidInput, match="every frame is in the selections left out"):
        drawn(mine, exclude_selections=(first.pk, second.pk, rest.pk))
    # Another task's frames have nothing to do with it, whatever their numbers.
    other = drawn(mine, task_id=2)
    assert frames_of(drawn(mine, exclude_selections=(other.pk,))) == frames_of(first)


def test_others_that_cannot_be_left_out(mine: Connection, bob: User) -> None:
    hidden = make_selection(bob, make_connection(bob))
    for number in (hidden.pk, 9999):
        with pytest.raises(InvalidInput, match=f"selection {number} cannot be left out"):
            drawn(mine, exclude_selections=(number,))
    elsewhere = make_selection(mine.owner, make_connection(mine.owner))
    with pytest.raises(InvalidInput, match="of another CVAT server"):
        drawn(mine, exclude_selections=(elsewhere.pk,))


def test_of_some_jobs(mine: Connection, standin: StandIn) -> None:
    """Each gives what it gives when all are asked; over all only theirs are drawn from."""
    wanted = (standin.world.tasks[1].jobs[3].id, standin.world.tasks[1].jobs[1].id)
    kept = drawn(mine, job_ids=wanted)
    assert kept.parameters["job_ids"] == list(wanted)
    whole = drawn(mine).frames.filter(job_id__in=wanted).values_list("task_id", "frame")
    assert frames_of(kept) == list(whole)
    over_all = drawn(mine, job_ids=wanted, method=UNIFORM, count=60)
    assert over_all.frames.count() == 60
    assert set(over_all.frames.values_list("job_id", flat=True)) == set(wanted)
    assert drawn(mine, job_ids=wanted, method=UNIFORM, count=1000).frames.count() == 90
    half = drawn(mine, job_ids=wanted, count=None, share=0.5)
    assert half.frames.count() == 44


def test_of_jobs_that_are_not_there(mine: Connection, standin: StandIn) -> None:
    other = standin.world.tasks[2].jobs[0].id
    with pytest.raises(InvalidInput, match=f"Task 1 has no annotation job {other}, 9999"):
        drawn(mine, job_ids=(9999, 1, other))


def test_a_draw_that_was_adjusted_is_by_hand_and_says_so(mine: Connection) -> None:
    request = DrawRequest(task_id=1, count=10, seed=7)
    chosen = [Choice(*frame) for frame in frames_of(drawn(mine))]
    common = {"owner": mine.owner, "connection": mine, "request": request}
    same = services.create_random_selection(choices=reversed(chosen), **common)
    assert (same.frame_selection_method, same.random_seed) == (PER_JOB, 7)
    less = services.create_random_selection(choices=chosen[1:], **common)
    assert (less.frame_selection_method, less.random_seed) == ("manual", None)
    assert less.frames.count() == 49
    assert less.parameters["adjusted_from"]["random_seed"] == 7
    assert less.parameters["adjusted_from"]["frames_per_job_count"] == 10


# --- kept ones ---------------------------------------------------------------------------------


def test_copy(alice: User, bob: User, mine: Connection, standin: StandIn) -> None:
    kept = drawn(mine)
    services.update_selection(selection=kept, visibility="shared", note="for all")
    copied = services.copy_selection(user=bob, selection=kept)
    assert frames_of(copied) == frames_of(kept)
    assert (copied.owner, copied.visibility, copied.note) == (bob, "private", "for all")
    assert (copied.random_seed, copied.parameters) == (kept.random_seed, kept.parameters)
    assert copied.connection is None  # never somebody else's
    own = connected(bob, standin)
    assert services.copy_selection(user=bob, selection=kept).connection == own
    services.delete_selection(selection=kept)
    assert copied.frames.count() == 50


def test_a_copy_of_a_long_name_fits(alice: User) -> None:
    kept = make_selection(alice, name="x" * 200)
    assert len(services.copy_selection(user=alice, selection=kept).name) == 200


def test_update(alice: User) -> None:
    kept = make_selection(alice, name="old")
    before = kept.updated_at
    services.update_selection(selection=kept, name="new", note="n", visibility="shared")
    kept.refresh_from_db()
    assert (kept.name, kept.note, kept.visibility) == ("new", "n", "shared")
    assert kept.updated_at > before


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"name": "x" * 201}, {"visibility": "everyone"}, {"owner": "bob"},
     {"random_seed": "5"}],
)  # fmt: skip
def test_what_cannot_be_changed(alice: User, changes: dict) -> None:
    kept = make_selection(alice, name="old")
    with pytest.raises(InvalidInput):
        services.update_selection(selection=kept, **changes)
    kept.refresh_from_db()
    assert (kept.name, kept.owner, kept.visibility) == ("old", alice, "private")


def test_concurrent_changes_of_other_fields_survive(alice: User) -> None:
    kept = make_selection(alice)
    again = Selection.objects.get(pk=kept.pk)
    services.update_selection(selection=kept, name="new")
    services.update_selection(selection=again, note="also new")
    kept.refresh_from_db()
    assert (kept.name, kept.note) == ("new", "also new")


def test_delete_with_a_running_archive(alice: User) -> None:
    kept = make_selection(alice)
    running = make_archive(alice, kept)
    worker = uuid.uuid4()
    assert running.claim(worker)
    services.delete_selection(selection=kept)
    assert not Archive.objects.exists()
    assert not SelectedFrame.objects.exists()
    # The worker learns of it at its next sign of life, and leaves nothing behind.
    assert running.heartbeat(worker, frames_done=1) is False
    assert running.finish(worker, parts=[], problems=[], bytes_done=0) is False


def test_a_selection_outlives_its_connection(mine: Connection) -> None:
    kept = drawn(mine)
    mine.delete()
    kept.refresh_from_db()
    assert kept.connection is None
    assert kept.url
    assert kept.frames.count() == 50
    with pytest.raises(NotConnected, match="Connect to it first"):
        services.request_archive(user=kept.owner, selection=kept)


# --- asking for archives -----------------------------------------------------------------------


def test_asked_again_while_it_is_built(alice: User) -> None:
    kept = make_selection(alice, make_connection(alice))
    first = services.request_archive(user=alice, selection=kept)
    assert services.request_archive(user=alice, selection=kept) == first
    with pytest.raises(Conflict, match="other options"):
        services.request_archive(user=alice, selection=kept, quality="compressed")
    services.cancel_archive(archive=first)
    assert services.request_archive(user=alice, selection=kept) != first


@pytest.mark.parametrize(
    "options",
    [{"quality": "best"}, {"part_size": 5}, {"video_format": "gif"}, {"video_quality": 0}],
)
def test_options_that_are_none(alice: User, options: dict) -> None:
    with pytest.raises(InvalidInput):
        services.request_archive(user=alice, selection=make_selection(alice), **options)


@pytest.mark.django_db(transaction=True)
def test_asked_twice_at_once(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many threads, each with a database connection of its own, in the same moment."""
    enqueued: list[int] = []
    monkeypatch.setattr(tasks.build_archive, "delay", enqueued.append)
    kept = make_selection(alice, make_connection(alice))
    together, answers = Barrier(6), []

    def ask() -> None:
        try:
            together.wait()
            answers.append(services.request_archive(user=alice, selection=kept).pk)
        finally:
            connections.close_all()

    threads = [Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [archive] = Archive.objects.all()
    assert answers == [archive.pk] * 6
    assert enqueued == [archive.pk]


def test_two_people_do_not_see_each_others_builds(alice: User, bob: User) -> None:
    kept = make_selection(alice, make_connection(alice), visibility="shared")
    make_connection(bob)
    of_alice = services.request_archive(user=alice, selection=kept)
    of_bob = services.request_archive(user=bob, selection=kept)
    assert of_alice != of_bob
    assert list(Archive.objects.for_user(bob)) == [of_bob]
    assert of_bob.connection.owner == bob


# --- the models' own rules -----------------------------------------------------------------------


def refused(make: object) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


def test_rows_that_cannot_be(alice: User) -> None:
    kept = make_selection(alice)
    make_archive(alice, kept)
    refused(lambda: kept.frames.create(task_id=1, job_id=2, frame=0))
    refused(lambda: make_archive(alice, kept, "running"))
    refused(lambda: make_selection(alice, random_seed=2**32))
    refused(lambda: make_selection(alice, random_seed=-1))
    make_connection(alice)
    refused(lambda: make_connection(alice))
    make_connection(alice, organization="acme")
    make_archive(alice, kept, "failed")
    make_archive(alice, kept, "failed")


def test_counting_frames_is_not_confused_by_archives(alice: User) -> None:
    kept = make_selection(alice, frames=4)
    for _ in range(3):
        make_archive(alice, kept, "failed")
    assert Selection.objects.with_counts().get().frames_count == 4
