"""Every page in both themes and on narrow and wide screens: no error, nothing beyond the edge, and
nothing that axe finds."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import expect

from portal.services import teams
from selections import services
from selections.draws import Draw
from selections.models import Archive, Selection
from selector.services import saved_searches
from selector.task_search import TaskSearch
from tests.browser.axe import assert_accessible
from tests.browser.portal import Portal
from tests.conftest import connect
from tests.making import make_publication, make_upload
from tests.publishing.test_tasks_of_files import picture

WITH_AXE = [
    "/connections",
    "/choose",
    "/choose?find=nothing+like+it",
    "/choose?task=9",
    "/choose?task=99999",
    "/selections/",
    "/selections/{selection}",
    "/selections/archives",
    "/selections/archives/{archive}",
    "/selections/hand-over",
    "/tokens",
    "/teams",
    "/teams/{team}",
    "/accounts/password/",
    "/nothing-here",
]
WITHOUT_AXE = [
    "/choose?subset=train",
    "/choose?task=1",  # test_accessibility.py has it in many states
    "/selections/{selection}?view=list",
    "/selections/compare?selection={selection}",
    "/selections/import",
    "/selections/recipes",
    "/selections/recipes/{recipe}",
    "/publications/",
    "/publications/{publication}",
    "/publications/copy-annotations",
    "/publications/files",
    "/publications/files/{upload}",
    "/publications/selections/{selection}/ground-truth",
    "/publications/selections/{selection}/task",
    "/publications/selections/{selection}/issues",
    "/publications/connections/{connection}/permission",
    "/accounts/password/done/",
]

REACH = "document.documentElement.scrollWidth"
GROUND = "getComputedStyle(document.body).backgroundColor"
WIDTHS = (360, 1600)
GROUNDS = {"dark": "rgb(15, 18, 22)", "light": "rgb(246, 247, 249)"}


def test_it_works(portal: Portal, alice: User) -> None:
    connection = connect(alice, portal.standin)
    selection = Selection.objects.create(
        owner=alice, connection=connection, url=connection.url, name="A rather long name " * 6
    )
    selection.frames.create(task_id=1, job_id=1, frame=1, filename="folder/" + "long" * 40)
    comment = "A rather long comment " * 9
    selection.marks.create(task_id=1, frame=1, verdict="faulty", tags=["blurred"], comment=comment)
    archive = Archive.objects.create(selection=selection, requested_by=alice, status="failed")
    draw = Draw(task_id=1, count=1)
    recipe = services.create_recipe(
        user=alice, connection=connection, draw=draw, name="A rather long name " * 5
    )
    upload = make_upload(alice, {f"{'long' * 60}.png": picture(), "notes.txt": b"x"})
    publication = make_publication(alice, selection, "failed")
    criteria = TaskSearch(search="a rather long search", subset="train")
    saved_searches.save_search(
        user=alice, connection=connection, criteria=criteria, name="A rather long name " * 5
    )
    team = teams.create_team(user=alice, name="A rather long name " * 5)
    selection.shares.create(team=team)
    page = portal.page
    places = {"selection": selection.pk, "archive": archive.pk, "recipe": recipe.pk}
    places |= {"publication": publication.pk, "connection": connection.pk, "upload": upload.pk}
    places |= {"team": team.pk}
    for path in WITH_AXE + WITHOUT_AXE:
        page.set_viewport_size({"width": WIDTHS[0], "height": 800})
        page.goto(path.format(**places))
        if path == "/choose?task=1":
            page.locator(".cell").first.wait_for()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        for width in WIDTHS:  # the themes differ in colours alone
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(REACH) <= width, path
        if path in WITH_AXE:
            assert_accessible(page)
        for theme, ground in GROUNDS.items():  # the light one last, as each page begins in it
            page.emulate_media(color_scheme=theme)
            assert page.evaluate(GROUND) == ground, path
