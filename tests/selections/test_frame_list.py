"""The list of frames as CSV: exact for programs, harmless in spreadsheets, with a token as well."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from selections.models import Selection
from selections.spreadsheets import safe
from selector.models import Connection
from standin.server import StandIn
from tests.making import make_selection
from tests.selections.builds import built, manifest_of, select

NAMES = ["-a.jpg", "+1.jpg", "=b.jpg", "@home/c.jpg", "'d.jpg", "e.jpg", "-f.jpg", "'-f.jpg"]


@pytest.fixture
def odd(mine: Connection, standin: StandIn) -> Selection:
    task = standin.world.add_task("Odd names", owner="demo", images=NAMES)
    return select(mine, (task.id, None))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def fetched(client: Client | APIClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return answer.getvalue().decode()


@pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")
def test_the_exact_form_agrees_with_manifest_and_api(
    odd: Selection, client: Client, api: APIClient
) -> None:
    client.force_login(odd.owner)
    page = rows_of(fetched(client, f"/selections/{odd.pk}/frames.csv?raw=1"))
    token = rows_of(fetched(api, f"/api/selections/{odd.pk}/frames.csv?raw=1"))
    listed = api.get(f"/api/selections/{odd.pk}/frames").json()["results"]
    manifest = manifest_of(built(odd))["frames"]
    assert page == token
    assert [row["filename"] for row in page] == NAMES
    assert [row["filename"] for row in listed] == NAMES
    assert [row["filename"] for row in manifest] == NAMES
    assert [row["path"] for row in manifest] == NAMES


def test_two_names_never_become_one(odd: Selection, client: Client, api: APIClient) -> None:
    client.force_login(odd.owner)
    text = fetched(client, f"/selections/{odd.pk}/frames.csv")
    assert text.startswith("\ufeff")
    names = [row["filename"] for row in rows_of(text.removeprefix("\ufeff"))]
    assert len(set(names)) == len(NAMES)
    assert names[0] == "'-a.jpg"
    assert [back(name) for name in names] == NAMES
    assert fetched(api, f"/api/selections/{odd.pk}/frames.csv") == text


@pytest.mark.parametrize("video", [False, True])
def test_source_numbers_and_videos(
    video: bool, mine: Connection, standin: StandIn, api: APIClient
) -> None:
    task = standin.world.add_task(
        "t", owner="demo", count=30, start_frame=5, step=3, video=video, video_name="b é.mp4"
    )
    selection = select(mine, (task.id, [0, 4, 8]))
    rows = rows_of(fetched(api, f"/api/selections/{selection.pk}/frames.csv?raw=true"))
    assert [row["source_frame"] for row in rows] == ["5", "17", "29"]
    assert {row["video"] for row in rows} == {"b é.mp4" if video else ""}
    listed = api.get(f"/api/selections/{selection.pk}/frames").json()["results"]
    assert [row["source_frame"] for row in listed] == [5, 17, 29]
    assert {row["video"] for row in listed} == {"b é.mp4" if video else ""}


def test_selections_saved_before_have_no_source_number(alice: User, api: APIClient) -> None:
    selection = make_selection(alice)
    listed = api.get(f"/api/selections/{selection.pk}/frames").json()["results"]
    assert {row["source_frame"] for row in listed} == {None}
    rows = rows_of(fetched(api, f"/api/selections/{selection.pk}/frames.csv?raw=1"))
    assert {row["source_frame"] for row in rows} == {""}


def test_what_the_api_does_not_know_is_refused(odd: Selection, api: APIClient) -> None:
    assert api.get(f"/api/selections/{odd.pk}/frames.csv?rwa=1").status_code == 400
    answer = api.get(f"/api/selections/{odd.pk + 99}/frames.csv", HTTP_ACCEPT="text/csv")
    assert answer.status_code == 404


# --- the guard ---


def back(cell: str) -> str:
    """As the documentation says: an apostrophe is taken away where a cell may begin."""
    return re.sub(r"(^|[;\t\r\n])'", r"\1", cell)


CELLS = st.text(alphabet=st.sampled_from("=+-@';\"\t\r\n a1,"), max_size=12)


@given(CELLS)
def test_the_guard_can_be_undone(cell: str) -> None:
    assert back(str(safe(cell))) == cell


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_no_part_of_a_row_begins_a_formula(cells: list[str]) -> None:
    """However the spreadsheet cuts the row: at commas with quotes, at semicolons or tabs without
    understanding these quotes."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([safe(cell) for cell in cells])
    row = buffer.getvalue()
    for cell in next(csv.reader(io.StringIO(row, newline=""))):
        assert not re.match(r"\s*[=+\-@]", cell)
    for part in re.split(r"[;\t\r\n]", row)[1:]:
        assert not re.match(r"[\s\"]*[=+\-@]", part)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", " =1", "'x"])
def test_formulas_become_text(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


def test_a_formula_behind_a_separator_becomes_text() -> None:
    assert safe("a;=1+1") == "a;'=1+1"
    assert safe('a;"=1+1;b') == "a;'\"=1+1;b"
    assert safe("\t=1") == "'\t'=1"


@pytest.mark.parametrize("cell", ["", "a=1", "folder/-x.jpg", "a;b", 5, -5])
def test_other_cells_stay(cell: object) -> None:
    assert safe(cell) == cell
