"""Every page in both themes and on narrow and wide screens: no error, nothing beyond the edge."""

from __future__ import annotations

from django.contrib.auth.models import User

from portal.services import teams
from selections import services
from selections.draws import Draw
from selections.models import Archive, Selection
from selector.services import saved_searches
from selector.task_search import TaskSearch
from tests.browser.portal import Portal
from tests.conftest import connect
from tests.making import make_publication, make_upload
from tests.publishing.test_tasks_of_files import picture

PAGES = [
    "/connections",
    "/choose",
    "/choose?subset=train",
    "/choose?task=1",
    "/choose?task=99999",
    "/selections/",
    "/selections/{selection}",
    "/selections/{selection}?view=list",
    "/selections/hand-over",
    "/selections/compare?selection={selection}",
    "/selections/import",
    "/selections/recipes",
    "/selections/recipes/{recipe}",
    "/selections/archives",
    "/selections/archives/{archive}",
    "/publications/",
    "/publications/{publication}",
    "/publications/copy-annotations",
    "/publications/files",
    "/publications/files/{upload}",
    "/publications/selections/{selection}/ground-truth",
    "/publications/selections/{selection}/task",
    "/publications/selections/{selection}/issues",
    "/publications/connections/{connection}/permission",
    "/tokens",
    "/teams",
    "/teams/{team}",
    "/accounts/password/",
    "/accounts/password/done/",
    "/nothing-here",
]


LOOKS = """[
  document.documentElement.scrollWidth,
  getComputedStyle(document.body).backgroundColor,
]"""
WIDTHS = (360, 1600)
BACKGROUNDS = {"light": "rgb(246, 247, 249)", "dark": "rgb(15, 18, 22)"}


def test_it_works(portal: Portal, alice: User) -> None:
    connection = connect(alice, portal.standin)
    selection = Selection.objects.create(
        owner=alice, connection=connection, url=connection.url, name="A rather long name " * 6
    )
    selection.frames.create(task_id=1, job_id=1, frame=1, filename="folder/" + "long" * 40)
    comment = "A rather long comment " * 9
    selection.marks.create(task_id=1, frame=1, verdict="faulty", comment=comment)
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
    for path in PAGES:
        ids = {"selection": selection.pk, "archive": archive.pk, "recipe": recipe.pk}
        ids |= {"publication": publication.pk, "connection": connection.pk, "upload": upload.pk}
        portal.page.set_viewport_size({"width": WIDTHS[0], "height": 800})
        portal.page.goto(path.format(team=team.pk, **ids))
        if path == "/choose?task=1":
            portal.page.locator(".cell").first.wait_for()
        for width in WIDTHS:
            portal.page.set_viewport_size({"width": width, "height": 800})
            for theme, background in BACKGROUNDS.items():
                portal.page.emulate_media(color_scheme=theme)
                reach, colour = portal.page.evaluate(LOOKS)
                assert reach <= width, path
                assert colour == background, path
