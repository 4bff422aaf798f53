"""Who may do what: every address of the project, for everybody, as the matrix has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from portal.models import ApiToken
from portal.services import teams
from selections import services
from selections.draws import Draw
from selector.services import saved_searches
from selector.task_search import TaskSearch
from standin.samples import sample_world
from standin.server import StandIn
from tests.addresses import addresses
from tests.conftest import api_of, forget_answers
from tests.making import (
    connected,
    make_archive,
    make_permission,
    make_publication,
    make_selection,
    make_upload,
)
from tests.rights_matrix import (
    ADMIN,
    EXPECTED,
    PAGE,
    SHARED,
    SHARED_RECIPE,
    UNNAMED,
    Case,
    delete,
    get,
    post,
)

PEOPLE = ("anonymous", "alice", "bob", "admin")  # as the statuses of the matrix are ordered
SESSIONS: dict[str, str] = {}  # the key of the session, by the name of the person


def test_every_address_is_here() -> None:
    assert addresses() == EXPECTED.keys() | ADMIN.keys() | UNNAMED


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    forget_answers()
    with StandIn(sample_world()) as running:
        yield running


@pytest.fixture(scope="module")
def rows(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, server: StandIn
) -> Iterator[dict[str, int]]:
    """Written once: the tests undo what they change."""
    with django_db_blocker.unblock():
        rows = make_rows(server)
        sign_in_once()
        yield rows
        call_command("flush", interactive=False, verbosity=0)


def make_rows(server: StandIn) -> dict[str, int]:
    """The primary key of each thing that the matrix names."""
    alice = User.objects.create_user("alice")
    bob = User.objects.create_user("bob")
    User.objects.create_superuser("admin")
    connection = connected(alice, server)
    connected(bob, server)
    reader, editor = make_reader_and_editor(server)
    closed = make_selection(alice, connection)
    shared = make_selection(alice, connection, visibility="shared")
    team = teams.create_team(user=alice, name="Night shift")
    member = teams.add_member(team=team, username=editor.username)
    given = make_selection(alice, connection)
    recipe = services.create_recipe(
        user=alice,
        connection=connection,
        draw=Draw(task_id=1, method="random_uniform", count=1),
        name="Rounds of Night drive",
    )
    made = {
        "team": team,
        "member": member,
        "given": given,
        "share": given.shares.create(person=reader),
        "share_with_team": given.shares.create(team=team, may_edit=True),
        "recipe": recipe,
        "recipe_share": recipe.shares.create(person=reader),
        "recipe_share_with_team": recipe.shares.create(team=team, may_edit=True),
        "search": saved_searches.save_search(
            user=alice, connection=connection, criteria=TaskSearch(subset="train"), name="Train"
        ),
        "alice": alice,
        "connection": connection,
        "permission": make_permission(connection),
        "publication": make_publication(alice, make_selection(alice, connection)),
        "upload": make_upload(alice, {"a.png": b"\x89PNG\r\n\x1a\n"}),
        "upload_to_delete": make_upload(alice),  # its file stays deleted
        "closed": closed,
        "shared": shared,
        "frame": closed.frames.first(),
        "token": ApiToken.objects.issue(owner=alice, name="script")[0],
        "ready": make_archive(alice, make_selection(alice, connection), "ready"),
        "queued": make_archive(alice, make_selection(alice, connection)),
        "bobs": make_archive(bob, shared, "ready"),
        "deleted": make_selection(alice, connection, deleted_at=timezone.now()),
    }
    group = Group.objects.create(name="staff")
    return {name: thing.pk for name, thing in made.items()} | {"group": group.pk, "none": 999}


def make_reader_and_editor(server: StandIn) -> list[User]:
    """Two people that the selection “given” is shared with, the editor through a team."""
    people = [User.objects.create_user(name) for name in ("reader", "editor")]
    for person in people:
        connected(person, server)
    return people


@pytest.fixture
def things(rows: dict[str, int], db: None, server: StandIn, settings: Any) -> dict[str, int]:
    settings.CVAT_ALLOWED_URLS = [server.url]
    settings.STANDIN_URL = server.url
    return rows


@pytest.fixture
def alice(things: dict[str, int]) -> User:
    return User.objects.get(username="alice")


@pytest.fixture
def bob(things: dict[str, int]) -> User:
    return User.objects.get(username="bob")


def ask(client: Client, name: str, case: Case, things: dict[str, int]) -> HttpResponseBase:
    """The answer; whatever it changed is undone."""

    is_api = name.startswith("api-")
    how = {"content_type": "application/json"} if is_api or case.method == "patch" else {}
    data = case.data and known(case.data, things, only_lists=not is_api)
    if case.method == "delete":
        data = ""  # None would be sent as the text "None"
    with transaction.atomic():
        answer = getattr(client, case.method)(
            reverse(name, kwargs=known(case.args, things)), data, **how
        )
        transaction.set_rollback(True)
    return answer


def known(values: dict[str, Any], things: dict[str, int], *, only_lists: bool = False) -> Any:
    """With ids in place of the names of things. The texts of a form of a page, but for lists, are
    no such names."""

    def known_value(value: Any) -> Any:
        if isinstance(value, list):
            return [things.get(each, each) if isinstance(each, str) else each for each in value]
        return things.get(value, value) if isinstance(value, str) and not only_lists else value

    return {key: known_value(value) for key, value in values.items()}


def sign_in_once() -> None:
    """A session of each person: a sign-in of each takes as long as many a request."""
    SESSIONS.clear()
    for person in User.objects.all():
        client = Client()
        client.force_login(person)
        SESSIONS[person.username] = client.cookies[project.SESSION_COOKIE_NAME].value


def signed_in(name: str, **options: Any) -> Client:
    client = Client(raise_request_exception=False, **options)  # 500 is a status as others are
    if name != "anonymous":
        client.cookies[project.SESSION_COOKIE_NAME] = SESSIONS[name]
    return client


def check(answers: Iterable[tuple[str, HttpResponseBase, int]]) -> None:
    """Assert the status of each answer; a failure lists all wrong ones."""
    wrong = [
        f"{asked}: {answer.status_code}, not {status}: {getattr(answer, 'content', b'')[:300]!r}"
        for asked, answer, status in answers
        if answer.status_code != status
    ]
    assert not wrong, "\n".join(wrong)


def leads_to_the_sign_in(answer: HttpResponseBase) -> bool:
    return answer.headers["Location"].startswith("/accounts/login/?next=")


CASES = [(name, case) for name, cases in EXPECTED.items() for case in cases]


@pytest.mark.parametrize("name", EXPECTED)
def test_it_works(name: str, things: dict[str, int]) -> None:
    answers = [
        (who, case, ask(signed_in(who), name, case, things), status)
        for case in EXPECTED[name]
        for who, status in zip(PEOPLE, case.statuses, strict=True)
    ]
    check((f"{who}: {case}", answer, status) for who, case, answer, status in answers)
    for who, case, answer, status in answers:
        if who == "anonymous" and status == 302 and name != "logout":
            assert leads_to_the_sign_in(answer), case


# What alice may do with a selection of hers, and what others may do when she shares it with them.
OF_A_SELECTION = [
    (name, case)
    for name, case in CASES
    if "closed" in [*case.args.values(), *(case.data or {}).values()]
]


def test_shares_have_every_address_of_a_selection() -> None:
    assert SHARED.keys() == {f"{case.method} {name}" for name, case in OF_A_SELECTION}


def test_of_a_selection_that_is_shared_with_them(things: dict[str, int]) -> None:
    on_it = things | {"closed": things["given"]}
    check(
        (f"{who}: {name} {case}", ask(signed_in(who), name, case, on_it), expected)
        for name, case in OF_A_SELECTION
        for who, expected in zip(("reader", "editor"), SHARED[f"{case.method} {name}"], strict=True)
    )


# Of a recipe that alice shares with a reader, and with an editor through a team.
OF_A_RECIPE = [(name, case) for name, case in CASES if "recipe" in case.args.values()]


def test_shared_recipes_have_every_address() -> None:
    assert SHARED_RECIPE.keys() == {f"{case.method} {name}" for name, case in OF_A_RECIPE}


def test_of_a_recipe_that_is_shared_with_them(things: dict[str, int]) -> None:
    check(
        (f"{who}: {name} {case}", ask(signed_in(who), name, case, things), expected)
        for name, case in OF_A_RECIPE
        for who, expected in zip(
            ("reader", "editor"), SHARED_RECIPE[f"{case.method} {name}"], strict=True
        )
    )


def test_members_of_a_team_see_it_and_may_leave_it(things: dict[str, int]) -> None:
    own = {"pk": things["team"], "member": things["member"]}
    for name, case, expected in (
        ("portal:team", get(PAGE, pk="team"), 200),
        ("portal:leave-team", post(PAGE, pk="team"), 302),
        ("portal:rename-team", post(PAGE, {"name": "x"}, pk="team"), 404),
        ("portal:delete-team", post(PAGE, pk="team"), 404),
        ("portal:add-member", post(PAGE, {"person": "bob"}, pk="team"), 404),
        ("portal:change-member", post(PAGE, {"change": "manages"}, **own), 404),
        ("api-team-detail", get(PAGE, pk="team"), 200),
        ("api-team-detail", delete(PAGE, pk="team"), 404),
        ("api-team-member-list", get(PAGE, team_id="team"), 200),
        ("api-team-member-list", post(PAGE, {"person": "bob"}, team_id="team"), 404),
        ("api-team-member-detail", delete(PAGE, team_id="team", pk="member"), 204),
    ):
        answer = ask(signed_in("editor"), name, case, things)
        assert answer.status_code == expected, name


def test_people_may_give_up_their_own_share_alone(things: dict[str, int]) -> None:
    page, api = "selections:remove-share", "api-share-detail"
    for who, share, expected in (
        ("reader", "share", (302, 204)),
        ("reader", "share_with_team", (404, 404)),
        ("editor", "share_with_team", (404, 404)),
        ("editor", "share", (404, 404)),
    ):
        on_page = ask(signed_in(who), page, post(PAGE, pk="given", share=share), things)
        on_api = ask(signed_in(who), api, delete(PAGE, selection_id="given", pk=share), things)
        assert (on_page.status_code, on_api.status_code) == expected, (who, share)


def test_admin_site(things: dict[str, int]) -> None:
    check(
        (f"admin: {name}", ask(signed_in("admin"), name, get(PAGE, **args), things), status)
        for name, (status, args) in ADMIN.items()
    )


def test_the_admin_site_leads_others_to_its_sign_in(things: dict[str, int]) -> None:
    for who in ("anonymous", "alice", "bob"):
        led = {
            name: ask(signed_in(who), name, get(PAGE, **args), things)
            for name, (_, args) in ADMIN.items()
        }
        assert led.pop("admin:login").status_code == 200
        assert led.pop("admin:logout").status_code == 302
        check((f"{who}: {name}", answer, 302) for name, answer in led.items())
        elsewhere = {name for name, each in led.items() if "login" not in each.headers["Location"]}
        assert not elsewhere, who


WRITING = [(name, case) for name, case in CASES if case.method != "get"]


def test_without_csrf_token_nothing_is_written(things: dict[str, int]) -> None:
    check(
        (
            f"{name} {case}",
            ask(signed_in("alice", enforce_csrf_checks=True), name, case, things),
            403,
        )
        for name, case in WRITING
    )


OF_THE_API = [(name, case) for name, case in CASES if name.startswith("api-")]


def test_read_only_tokens_may_not_write(things: dict[str, int], alice: User) -> None:
    client = api_of(alice, read_only=True)
    answers = [
        (f"{name} {case}", ask_api(client, name, case, things))
        for name, case in OF_THE_API
        if case.method != "get"
    ]
    check((asked, answer, 403) for asked, answer in answers)
    for asked, answer in answers:
        assert answer.json()["code"] == "permission_denied", asked


def test_api_tokens_are_as_good_as_sessions(things: dict[str, int], bob: User) -> None:
    """But for the tokens themselves: a leaked one shall not make itself successors."""
    client = api_of(bob)
    check(
        (
            f"{name} {case}",
            ask_api(client, name, case, things),
            403 if name.startswith("api-token") else case.statuses[2],
        )
        for name, case in OF_THE_API
        if name != "api-docs"
    )
    [docs] = EXPECTED["api-docs"]  # a page, to which people sign in
    assert leads_to_the_sign_in(ask_api(client, "api-docs", docs, things))


def ask_api(client: Any, name: str, case: Case, things: dict[str, int]) -> Any:
    client.raise_request_exception = False
    args, data = known(case.args, things), known(case.data or {}, things)
    with transaction.atomic():
        answer = getattr(client, case.method)(reverse(name, kwargs=args), data)
        transaction.set_rollback(True)
    return answer


def test_a_link_changes_nothing(things: dict[str, int]) -> None:
    writing = [
        (name, get(PAGE, **cases[0].args))
        for name, cases in EXPECTED.items()
        if not name.startswith("api-") and all(case.method == "post" for case in cases)
    ]
    check((name, ask(signed_in("alice"), name, case, things), 405) for name, case in writing)


def test_lists_hold_what_one_may_see(things: dict[str, int]) -> None:
    def found(who: str, path: str) -> set[int]:
        rows = signed_in(who).get(f"/api/{path}").json()["results"]
        return {row["id"] for row in rows}

    own = {things["closed"], things["shared"]}
    assert found("alice", "selections") > own
    for who in ("bob", "admin"):
        assert found(who, "selections") == {things["shared"]}
        assert found(who, "selections?mine=true") == set()
    assert found("alice", "archives") == {things["ready"], things["queued"]}
    assert found("bob", "archives") == {things["bobs"]}
    assert found("alice", f"selections/{things['shared']}/archives") == set()
    assert found("bob", f"selections/{things['shared']}/archives") == {things["bobs"]}
    assert found("alice", f"archives?selection={things['shared']}") == set()
    assert found("admin", "archives") == found("admin", "connections") == set()
    assert found("bob", "tokens") == set()


def test_a_shared_selection_does_not_tell_whose_connection_it_was(things: dict[str, int]) -> None:
    address = f"/api/selections/{things['shared']}"
    assert signed_in("alice").get(address).json()["connection"] == things["connection"]
    assert signed_in("bob").get(address).json()["connection"] is None


def test_a_shared_selection_is_built_through_the_askers_connection(
    things: dict[str, int], bob: User
) -> None:
    address = f"/api/selections/{things['shared']}/archives"
    built = signed_in("bob").post(address, {}, content_type="application/json")
    archive = bob.archives.get(pk=built.json()["id"])
    assert archive.connection.owner == bob


def test_inactive_people_are_nobody(alice: User, things: dict[str, int]) -> None:
    session, token = signed_in("alice"), api_of(alice)
    alice.is_active = False
    alice.save()
    assert session.get("/api/selections").status_code == 401
    assert token.get("/api/selections").status_code == 401
    assert session.get("/selections/").status_code == 302
