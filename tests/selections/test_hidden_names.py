"""Names of tasks and files that the owner of a selection hides from its readers."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from portal.exceptions import InvalidInput
from selections import services
from selections.archives import building, frame_rows
from selections.draws import Draw
from selections.models import Selection
from selections.services.own_names import named_for
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import api_of
from tests.making import connected, make_selection
from tests.rights_matrix import EXPECTED
from tests.selections.builds import manifest_of, only_path, request, select

SECRET = "Zanzibar"  # in every name that is hidden
DRAWN = Draw(task_id=1, method="random_uniform", count=3, seed=7, filename_contains=SECRET)

# Every address that shows something of one selection.
ADDRESSES = [
    name
    for name, cases in EXPECTED.items()
    if any(each.method == "get" and each.args == {"pk": "closed"} for each in cases)
]

# Those that show names to whoever may see them.
SHOWING_NAMES = [
    "selections:detail",
    "selections:document",
    "selections:names",
    "selections:frames-csv",
    "selections:drift",
    "api-selection-detail",
    "api-selection-document",
    "api-selection-names",
    "api-selection-frames-csv",
    "api-selection-frames",
    "api-selection-drift",
]


@pytest.fixture
def selection(alice: User, bob: User, standin: StandIn) -> Selection:
    """Of task 1 of the samples, under other names; bob may read it."""
    connected(bob, standin)
    made = make_selection(alice, connected(alice, standin), name="Round 1", draw=DRAWN.to_json())
    made.tasks.update(name=f"{SECRET} drive", video=f"{SECRET}.mp4")
    for frame in made.frames.all():
        frame.filename = f"{SECRET}/{frame.frame}.jpg"
        frame.save()
    services.mark_frames(user=alice, selection=made, frames=[(1, 1)], verdict="faulty")
    services.share_selection(user=alice, selection=made, person="bob")
    return hide(made)


def hide(selection: Selection) -> Selection:
    return services.update_selection(selection=selection, hides_names=True)


def seen_by(user: User, selection: Selection) -> Selection:
    return Selection.objects.for_user(user).get(pk=selection.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer: HttpResponseBase) -> str:
    return b"".join(answer).decode()  # also one that is streamed


def test_no_address_shows_them_to_a_reader(
    selection: Selection, bob: User, subtests: pytest.Subtests
) -> None:
    client = signed_in(bob)
    for name in ADDRESSES:
        with subtests.test(name):
            answer = client.get(reverse(name, args=[selection.pk]))
            # 400: of a draw that cannot be repeated
            assert answer.status_code in (200, 400, 404)
            assert SECRET not in text(answer)


def test_owner_editors_and_readers_of_shown_names_see_them(
    selection: Selection, alice: User, bob: User, subtests: pytest.Subtests
) -> None:
    def assert_seen_by(user: User) -> None:
        client = signed_in(user)
        for name in SHOWING_NAMES:
            with subtests.test(name, user=user.username):
                assert SECRET in text(client.get(reverse(name, args=[selection.pk])))

    assert_seen_by(alice)
    services.share_selection(user=alice, selection=selection, person="bob", may_edit=True)
    assert_seen_by(bob)
    services.share_selection(user=alice, selection=selection, person="bob", may_edit=False)
    services.update_selection(selection=selection, hides_names=False)
    assert_seen_by(bob)


def test_lists_and_comparisons_do_not_show_them(selection: Selection, bob: User) -> None:
    own = make_selection(bob, bob.connections.get(), frames=1)
    both = f"selections={selection.pk}&selections={own.pk}"
    client = signed_in(bob)
    for address in (
        "/selections/",
        f"/selections/{selection.pk}?view=list",
        f"/selections/compare?selection={selection.pk}&selection={own.pk}&part=union",
        "/api/selections",
        f"/api/selections/compare/frames?{both}&operation=union",
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "Round 1" in text(answer) or "/frames" in address
        assert SECRET not in text(answer), address


@pytest.mark.parametrize("field", ["search", "task"])
def test_the_search_does_not_find_by_them(
    selection: Selection, alice: User, bob: User, field: str
) -> None:
    for user, is_found in ((alice, True), (bob, False)):
        page = text(signed_in(user).get("/selections/", {field: SECRET}))
        assert ("Round 1" in page) == is_found
    assert "Round 1" in text(signed_in(bob).get("/selections/", {field: "#1"}))


def test_a_copy_does_not_have_them(selection: Selection, alice: User, bob: User) -> None:
    copy = services.copy_selection(user=bob, selection=seen_by(bob, selection))
    assert set(copy.frames.values_list("filename", flat=True)) == {""}
    assert [(task.name, task.video) for task in copy.tasks.all()] == [("", "video")]
    assert (copy.draw, copy.frame_selection_method, copy.hides_names) == (None, "manual", True)
    of_alice = services.copy_selection(user=alice, selection=seen_by(alice, selection))
    assert SECRET in of_alice.frames.all()[0].filename
    assert of_alice.draw == DRAWN.to_json()


def test_a_combination_does_not_have_them(selection: Selection, bob: User) -> None:
    own = make_selection(bob, bob.connections.get(), frames=1)
    selections = services.visible_selections(user=bob, ids=[selection.pk, own.pk])
    union = services.combine_selections(
        user=bob, selections=selections, operation=Selection.Operation.UNION
    )
    for address in (f"/selections/{union.pk}/frames.json", f"/api/selections/{union.pk}"):
        answer = signed_in(bob).get(address)
        assert answer.status_code == 200
        assert SECRET not in text(answer)
    assert set(union.frames.values_list("filename", flat=True)) == {"", "n_0.jpg"}  # his own


@pytest.mark.parametrize("is_hidden_first", [True, False])
@pytest.mark.parametrize("operation", ["union", "intersection"])
def test_a_name_that_one_of_the_combined_shows_is_shown(
    selection: Selection, bob: User, operation: str, is_hidden_first: bool
) -> None:
    own = make_selection(bob, bob.connections.get(), frames=1)
    own.tasks.update(name="North loop")
    own.frames.update(filename="own.jpg")
    ids = [selection.pk, own.pk] if is_hidden_first else [own.pk, selection.pk]
    compared = api_of(bob).get(
        "/api/selections/compare/frames", {"selections": ids, "operation": operation}
    )
    combined = services.combine_selections(
        user=bob,
        selections=services.visible_selections(user=bob, ids=ids),
        operation=Selection.Operation(operation),
    )
    names = ["own.jpg", "", ""] if operation == "union" else ["own.jpg"]
    assert [each["filename"] for each in compared.data["results"]] == names
    frames = combined.frames.order_by("frame")
    assert list(frames.values_list("filename", flat=True)) == names
    assert [task.name for task in combined.tasks.all()] == ["North loop"]
    for address in (
        f"/selections/{combined.pk}?view=list",
        f"/api/selections/{combined.pk}/frames",
    ):
        shown = text(signed_in(bob).get(address))
        assert "own.jpg" in shown
        assert SECRET not in shown


def test_a_draw_by_them_is_not_repeated(selection: Selection, alice: User, bob: User) -> None:
    with pytest.raises(InvalidInput, match="which the owner of this selection hides"):
        services.draw_again(user=bob, selection=seen_by(bob, selection))
    assert api_of(bob).get(f"/api/selections/{selection.pk}").data["draw"] is None
    without = Draw(task_id=1, method="random_uniform", count=3, seed=7)
    Selection.objects.filter(pk=selection.pk).update(draw=without.to_json())
    again = services.draw_again(user=bob, selection=seen_by(bob, selection)).selection
    assert again.tasks.get().name == "Night drive, north loop"  # CVAT shows it to bob


def test_the_owner_alone_chooses(selection: Selection, alice: User, bob: User) -> None:
    address = f"/api/selections/{selection.pk}"
    assert api_of(bob).get(address).data["hides_names"] is True
    services.share_selection(user=alice, selection=selection, person="bob", may_edit=True)
    assert api_of(bob).patch(address, {"hides_names": False}, format="json").status_code == 404
    changed = api_of(alice).patch(address, {"hides_names": False}, format="json")
    assert changed.data["hides_names"] is False
    page = reverse("selections:share", args=[selection.pk])
    signed_in(alice).post(page, {"names": "hidden"})
    selection.refresh_from_db()
    assert selection.hides_names
    assert signed_in(alice).post(page, {"names": "some"}).status_code == 400


@pytest.mark.usefixtures("transactional_db", "folders", "messages")
class TestBuilds:
    """A ZIP has the names that CVAT shows to the connection of who asked for it."""

    @pytest.fixture
    def chosen(self, alice: User, bob: User, mine: Connection) -> Selection:
        selection = select(mine, (1, range(2)))
        selection.tasks.update(name=f"{SECRET} drive")
        selection.frames.update(filename=f"{SECRET}.jpg")
        services.share_selection(user=alice, selection=selection, person="bob")
        return hide(selection)

    def manifest(self, selection: Selection, user: User) -> dict:
        archive = request(seen_by(user, selection), user)
        building.build(archive.pk)
        archive.refresh_from_db()
        assert archive.has_file, archive.error
        assert SECRET.encode() not in only_path(archive).read_bytes()
        assert SECRET not in f"{archive.problems}{archive.remarks}"
        return manifest_of(archive)

    def test_of_a_reader(self, chosen: Selection, bob: User, standin: StandIn) -> None:
        connected(bob, standin)
        manifest = self.manifest(chosen, bob)
        assert manifest["cvat"]["tasks"][0]["name"] == "Night drive, north loop"
        [first, _] = manifest["frames"]
        assert first["filename"] == first["path"] == "north_0000.jpg"

    def test_of_a_copy(self, chosen: Selection, bob: User, standin: StandIn) -> None:
        connected(bob, standin)
        copy = services.copy_selection(user=bob, selection=seen_by(bob, chosen))
        manifest = self.manifest(copy, bob)
        assert manifest["frames"][1]["path"] == "north_0001.jpg"

    def test_of_a_combination(self, chosen: Selection, bob: User, standin: StandIn) -> None:
        """Names that bob's own selection has stay as they are, the others are read from CVAT."""
        own = select(connected(bob, standin), (1, range(1, 3)))
        own.tasks.update(name="My drive")
        own.frames.update(filename=Concat(Value("mine_"), Cast("frame", CharField())))
        selections = services.visible_selections(user=bob, ids=[chosen.pk, own.pk])
        union = services.combine_selections(
            user=bob, selections=selections, operation=Selection.Operation.UNION
        )
        manifest = self.manifest(union, bob)
        assert manifest["cvat"]["tasks"][0]["name"] == "My drive"
        names = ["north_0000.jpg", "mine_1", "mine_2"]
        assert [each["filename"] for each in manifest["frames"]] == names
        assert manifest["frames"][0]["path"] == "north_0000.jpg"
        splits = named_for(user=bob, selection=seen_by(bob, union))
        assert [each.filename for each in frame_rows.wanted(splits)] == names

    def test_of_what_cvat_does_not_show(
        self, chosen: Selection, bob: User, standin: StandIn
    ) -> None:
        connected(bob, standin, "carol")
        archive = request(seen_by(bob, chosen), bob)
        building.build(archive.pk)
        archive.refresh_from_db()
        assert archive.status == "failed"
        assert SECRET not in f"{archive.error}{archive.problems}"
