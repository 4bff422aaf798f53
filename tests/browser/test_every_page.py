"""Every page in both themes and on narrow and wide screens: no error, nothing beyond the edge."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.services import teams
from selections import services
from selections.draws import Draw
from selections.models import Archive, Selection
from selector.services import saved_searches
from selector.task_search import TaskSearch
from tests.browser.portal import Portal
from tests.conftest import connect
from tests.making import make_publication

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
    "/publications/selections/{selection}/ground-truth",
    "/publications/selections/{selection}/task",
    "/publications/connections/{connection}/permission",
    "/tokens",
    "/teams",
    "/teams/{team}",
    "/accounts/password/",
    "/accounts/password/done/",
    "/nothing-here",
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1600])
def test_it_works(
    open_portal: Callable[..., Portal], theme: str, width: int, alice: object
) -> None:
    portal = open_portal("alice", color_scheme=theme, viewport={"width": width, "height": 800})
    connection = connect(alice, portal.standin)
    selection = Selection.objects.create(
        owner=alice, connection=connection, url=connection.url, name="A rather long name " * 6
    )
    selection.frames.create(task_id=1, job_id=1, frame=1, filename="folder/" + "long" * 40)
    archive = Archive.objects.create(selection=selection, requested_by=alice, status="failed")
    draw = Draw(task_id=1, count=1)
    recipe = services.create_recipe(
        user=alice, connection=connection, draw=draw, name="A rather long name " * 5
    )
    publication = make_publication(alice, selection, "failed")
    criteria = TaskSearch(search="a rather long search", subset="train")
    saved_searches.save_search(
        user=alice, connection=connection, criteria=criteria, name="A rather long name " * 5
    )
    team = teams.create_team(user=alice, name="A rather long name " * 5)
    selection.shares.create(team=team)
    for path in PAGES:
        ids = {"selection": selection.pk, "archive": archive.pk, "recipe": recipe.pk}
        ids |= {"publication": publication.pk, "connection": connection.pk}
        portal.page.goto(path.format(team=team.pk, **ids))
        if path == "/choose?task=1":
            portal.page.locator(".cell").first.wait_for()
        body = portal.page.evaluate(
            "[document.documentElement.scrollWidth, getComputedStyle(document.body)"
            ".backgroundColor]"
        )
        assert body[0] <= width, path
        assert body[1] == {"light": "rgb(246, 247, 249)", "dark": "rgb(15, 18, 22)"}[theme]
