"""Marks on the frames of a selection: who gives them, where they are shown."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from portal.exceptions import InvalidInput
from selections import frame_list, services
from selections.models import FrameMark, Selection
from selections.services import marking
from tests.conftest import api_of
from tests.making import make_connection, make_selection


@pytest.fixture
def selection(alice: User) -> Selection:
    return make_selection(alice, make_connection(alice))


def mark(selection: Selection, *frames: int, user: User | None = None, **how: object) -> list:
    return services.mark_frames(
        user=user or selection.owner,
        selection=selection,
        frames=[(1, frame) for frame in frames],
        **how,
    )


def told(selection: Selection) -> dict[int, tuple[str, list[str], str]]:
    return {each.frame: (each.verdict, each.tags, each.comment) for each in selection.marks.all()}


class TestService:
    def test_what_is_not_given_stays(self, selection: Selection, bob: User) -> None:
        mark(selection, 0, 2, verdict="good", tags=["night", " blurred ", "night", ""])
        mark(selection, 2, verdict="faulty", comment=" The lamp is cut. ", user=bob)
        assert told(selection) == {
            0: ("good", ["blurred", "night"], ""),
            2: ("faulty", ["blurred", "night"], "The lamp is cut."),
        }
        assert [each.marked_by for each in selection.marks.all()] == [selection.owner, bob]

    def test_of_two_at_once_each_sets_what_it_gives(
        self, selection: Selection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write = marking._write

        def write_late(*arguments: object, **more: object) -> None:
            selection.marks.update(tags=["night"])  # by another request
            write(*arguments, **more)

        mark(selection, 0, verdict="good")
        monkeypatch.setattr(marking, "_write", write_late)
        mark(selection, 0, comment="x")
        assert told(selection) == {0: ("good", ["night"], "x")}

    def test_a_mark_with_nothing_left_is_gone(self, selection: Selection) -> None:
        mark(selection, 0, 1, verdict="good", comment="x")
        mark(selection, 0, verdict="", comment="")
        assert told(selection) == {1: ("good", [], "x")}

    @pytest.mark.parametrize(
        ("frames", "how", "error"),
        [
            ([0], {}, "give a verdict, tags or a comment"),
            ([], {"verdict": "good"}, "No frame is named"),
            ([0, 3], {"verdict": "good"}, "Frame 3 of task 1 is not in this selection"),
            ([0], {"verdict": "bad"}, "good or faulty"),
            ([0], {"tags": ["a,b"]}, "no comma"),
            ([0], {"tags": ["x" * 51]}, "at most 50 characters"),
            ([0], {"tags": [str(n) for n in range(21)]}, "at most 20 tags"),
            ([0], {"comment": "x" * 2001}, "at most 2,000 characters"),
        ],
    )
    def test_what_is_refused(
        self, selection: Selection, frames: list[int], how: dict, error: str
    ) -> None:
        with pytest.raises(InvalidInput, match=error):
            mark(selection, *frames, **how)
        assert not FrameMark.objects.exists()

    def test_so_many_frames_at_a_time(
        self, selection: Selection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(marking, "MOST_FRAMES", 1)
        with pytest.raises(InvalidInput, match="At most 1 frames"):
            mark(selection, 0, 1, verdict="good")

    def test_they_outlive_the_account_of_who_gave_them(
        self, selection: Selection, bob: User
    ) -> None:
        mark(selection, 0, verdict="good", user=bob)
        services.delete_accounts(users=[bob])
        assert told(selection) == {0: ("good", [], "")}

    def test_they_go_with_the_selection(self, selection: Selection) -> None:
        mark(selection, 0, verdict="good")
        services.delete_selection(selection=selection)
        assert not FrameMark.objects.exists()


def test_they_are_in_the_frame_list(selection: Selection) -> None:
    mark(selection, 1, verdict="faulty", tags=["night", "blurred"], comment="=1+1")
    head, *lines = frame_list.lines(Selection.objects.all())
    assert head.strip().endswith(",verdict,tags,comment")
    assert lines[0].strip().endswith(",,,")
    assert lines[1].strip().endswith(""",faulty,"blurred, night",'=1+1""")


def test_the_page_shows_and_filters_them(client: Client, selection: Selection) -> None:
    client.force_login(selection.owner)
    address = f"/selections/{selection.pk}"
    assert "Marked" not in client.get(address).text
    mark(selection, 0, verdict="good")
    mark(selection, 1, tags=["night"], comment="<b>")
    page = client.get(address).text
    assert "Good 1" in page
    assert "Marked 2" in page
    assert "night · &lt;b&gt;" in page
    for view in ("grid", "list"):
        page = client.get(f"{address}?mark=any&view={view}").text
        assert "n_1.jpg" in page
        assert "n_2.jpg" not in page
    page = client.get(f"{address}?mark=faulty").text
    assert "with such a mark" in page


class TestApi:
    @pytest.fixture
    def address(self, selection: Selection) -> str:
        return f"/api/selections/{selection.pk}/marks"

    def test_it_works(self, api: APIClient, address: str, selection: Selection) -> None:
        frames = [{"task_id": 1, "frame": 0}, {"task_id": 1, "frame": 1}]
        body = {"frames": frames, "verdict": "good", "tags": ["night"]}
        marks = api.post(address, body, format="json").json()["marks"]
        assert [(each["frame"], each["verdict"], each["tags"]) for each in marks] == [
            (0, "good", ["night"]),
            (1, "good", ["night"]),
        ]
        body = {"frames": frames[:1], "verdict": "", "tags": []}
        assert api.post(address, body, format="json").json()["marks"][0]["verdict"] == ""
        listed = api.get(f"{address}?verdict=good").json()
        assert [each["frame"] for each in listed["results"]] == [1]
        assert listed["results"][0]["marked_by"] == "alice"

    @pytest.mark.parametrize(
        "body",
        [{}, {"frames": []}, {"frames": [{"task_id": 1, "frame": 0}]},
         {"frames": [{"task_id": 1, "frame": 9}], "verdict": "good"},
         {"frames": [{"task_id": 1, "frame": 0}], "verdict": "bad"},
         {"frames": [{"task_id": 1, "frame": 0, "x": 1}], "verdict": "good"}],
    )  # fmt: skip
    def test_what_is_refused(self, api: APIClient, address: str, body: dict) -> None:
        assert api.post(address, body, format="json").status_code == 400
        assert not FrameMark.objects.exists()

    def test_editors_give_them_and_readers_see_them(
        self, address: str, selection: Selection, bob: User
    ) -> None:
        body = {"frames": [{"task_id": 1, "frame": 0}], "comment": "Seen."}
        other = api_of(bob)
        assert other.get(address).status_code == 404
        given = selection.shares.create(person=bob)
        assert other.post(address, body, format="json").status_code == 404
        assert other.get(address).json()["count"] == 0
        given.may_edit = True
        given.save()
        assert other.post(address, body, format="json").status_code == 200
        assert other.get(address).json()["results"][0]["marked_by"] == "bob"
