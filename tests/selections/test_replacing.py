"""Saving a selection whose frames were changed: beside the earlier one, or in its place."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portal.exceptions import Conflict
from selections import services
from selections.draws import Draw
from selections.models import Selection
from selections.services import removal
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import api_of
from tests.making import connected

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(alice: User, standin: StandIn) -> Connection:
    return connected(alice, standin)


@pytest.fixture
def two_cams(alice: User, connection: Connection) -> Selection:
    choices = [services.Choice(1, 3), services.Choice(1, 5)]
    made = services.create_selection(
        owner=alice, connection=connection, choices=choices, name="Two cams", note="Night"
    )
    return services.update_selection(selection=made, visibility="shared")


def saved(client: Client, *frames: int, **body: object) -> dict:
    body["frames"] = [{"task_id": 1, "frame": frame} for frame in frames]
    answer = client.post("/api/selections", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_the_new_one_takes_name_note_visibility_and_place(
    alice: User, bob: User, two_cams: Selection, connection: Connection
) -> None:
    later = services.create_selection(
        owner=alice, connection=connection, choices=[services.Choice(1, 9)], name="Later"
    )
    two_cams.shares.create(person=bob, may_edit=True)
    client = api_of(alice)
    made = saved(client, 3, 5, 7, replaces=two_cams.pk)
    assert Selection.objects.editable_by(bob).get().pk == made["id"]
    assert (made["name"], made["note"], made["visibility"]) == ("Two cams", "Night", "shared")
    assert made["frames_count"] == 3
    in_order = [each["id"] for each in client.get("/api/selections").json()["results"]]
    assert in_order == [later.pk, made["id"]]
    # The earlier one can be taken back, and its address leads to the new one until then.
    assert list(Selection.objects.restorable(alice)) == [two_cams]
    browser = Client()
    browser.force_login(bob)
    answer = browser.get(f"/selections/{two_cams.pk}")
    assert (answer.status_code, answer.url) == (302, f"/selections/{made['id']}")
    removal.restore_selection(user=alice, selection_id=two_cams.pk)
    assert browser.get(f"/selections/{two_cams.pk}").status_code == 200


def test_marks_stay_on_the_frames_that_are_in_both(
    alice: User, bob: User, two_cams: Selection
) -> None:
    about = {"verdict": "good", "tags": ["blurred", "nächtlich"], "comment": "see “5”"}
    for frame in (3, 5):
        two_cams.marks.create(task_id=1, frame=frame, marked_by=bob, **about)
    made = saved(api_of(alice), 5, 7, replaces=two_cams.pk)
    mark = Selection.objects.get(pk=made["id"]).marks.get()
    assert (mark.task_id, mark.frame, mark.marked_by) == (1, 5, bob)
    assert {name: getattr(mark, name) for name in about} == about
    assert mark.marked_at == two_cams.marks.get(frame=5).marked_at
    assert two_cams.marks.count() == 2


def test_the_new_one_takes_a_name_and_a_note_that_are_given(
    alice: User, two_cams: Selection
) -> None:
    made = saved(api_of(alice), 3, name="Three", note="", replaces=two_cams.pk)
    assert (made["name"], made["note"]) == ("Three", "")


def test_a_made_up_name_tells_the_new_number(alice: User, connection: Connection) -> None:
    first = saved(api_of(alice), 3, 5)
    assert first["name"] == "Night drive, north loop: 2 frames"
    made = saved(api_of(alice), 3, 5, 7, replaces=first["id"])
    assert made["name"] == "Night drive, north loop: 3 frames"


def test_nobody_replaces_what_belongs_to_others(
    alice: User, bob: User, two_cams: Selection, standin: StandIn
) -> None:
    connected(bob, standin)
    body = {"frames": [{"task_id": 1, "frame": 3}], "replaces": two_cams.pk}
    answer = api_of(bob).post("/api/selections", body, content_type="application/json")
    assert answer.status_code == 404
    assert Selection.objects.get() == two_cams


@pytest.mark.parametrize("is_given", [True, False])
def test_what_is_handed_over_or_deleted_meanwhile_is_not_replaced(
    alice: User,
    bob: User,
    two_cams: Selection,
    connection: Connection,
    is_given: bool,
) -> None:
    late = Selection.objects.get(pk=two_cams.pk)
    if is_given:
        services.give_selections(user=alice, selections=[two_cams], to="bob")
    else:
        services.discard_selection(selection=two_cams)
    before = set(Selection.objects.values_list("pk", flat=True))
    with pytest.raises(Conflict, match="“Two cams” was deleted, replaced or handed over"):
        services.save_selection(
            owner=alice,
            connection=connection,
            choices=[services.Choice(1, 7)],
            draw=None,
            name="",
            note=None,
            replaces=late,
        )
    assert set(Selection.objects.values_list("pk", flat=True)) == before
    assert Selection.objects.for_user(bob).filter(pk=two_cams.pk).exists() == is_given


def test_both_ways_at_once_are_refused(alice: User, two_cams: Selection) -> None:
    body = {
        "frames": [{"task_id": 1, "frame": 3}],
        "replaces": two_cams.pk,
        "based_on": two_cams.pk,
    }
    answer = api_of(alice).post("/api/selections", body, content_type="application/json")
    assert answer.status_code == 400
    assert Selection.objects.count() == 1


def test_what_was_changed_may_be_gone_when_the_change_is_saved(
    alice: User, two_cams: Selection
) -> None:
    """Its owner has deleted it, or shares it no more: the choice must not be lost."""
    made = saved(api_of(alice), 3, 5, based_on=two_cams.pk + 1000)
    assert made["frames_count"] == 2


def test_default_names_never_repeat(alice: User, two_cams: Selection) -> None:
    client = api_of(alice)
    names = [saved(client, 3, 5)["name"] for _ in range(3)]
    assert names == [
        "Night drive, north loop: 2 frames",
        "Night drive, north loop: 2 frames 2",
        "Night drive, north loop: 2 frames 3",
    ]
    changed = saved(client, 3, name="Two cams", based_on=two_cams.pk)
    assert changed["name"] == "Two cams 2"
    again = saved(client, 3, name="Two cams 2", based_on=changed["id"])
    assert again["name"] == "Two cams 3"
    copies = [services.copy_selection(user=alice, selection=two_cams).name for _ in range(2)]
    assert copies == ["Copy of Two cams", "Copy of Two cams 2"]


def test_a_name_that_is_given_is_kept(alice: User, two_cams: Selection) -> None:
    assert saved(api_of(alice), 3, name="Two cams")["name"] == "Two cams"


def test_the_page_leads_to_what_a_selection_came_from(
    alice: User, bob: User, connection: Connection, two_cams: Selection, standin: StandIn
) -> None:
    client = Client()
    client.force_login(alice)
    draw = Draw(task_id=1, method="random_per_job", count=2, seed=7)
    drawn = services.create_random_selection(
        owner=alice, connection=connection, draw=draw, name="Drawn"
    )
    again = services.draw_again(user=alice, selection=drawn).selection
    page = client.get(f"/selections/{again.pk}").content.decode()
    assert "<dt>Drawn again from</dt>" in page
    assert f'<a href="/selections/{drawn.pk}">Drawn</a>' in page
    # A copy of somebody else's says whose, as long as that may be seen.
    copied = services.copy_selection(user=bob, selection=two_cams)
    client.force_login(bob)
    page = client.get(f"/selections/{copied.pk}").content.decode()
    assert "<dt>Copied from</dt>" in page
    assert f'<a href="/selections/{two_cams.pk}">Two cams</a> <span class="muted">by alice' in page
    services.update_selection(selection=two_cams, visibility="private")
    page = client.get(f"/selections/{copied.pk}").content.decode()
    assert f"/selections/{two_cams.pk}" not in page
    assert "a selection that is deleted, or not shared with you" in page
    two_cams.delete()
    assert client.get(f"/selections/{copied.pk}").status_code == 200
