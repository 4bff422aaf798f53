"""Selections shared with named people and teams, to read or to edit, and given to other owners."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client

from portal.exceptions import Conflict, InvalidInput
from portal.models import Team
from portal.services import teams
from selections import services
from selections.models import Selection, Share
from tests.conftest import api_of
from tests.making import make_connection, make_selection


@pytest.fixture
def carol(db: None) -> User:
    return User.objects.create_user("carol")


@pytest.fixture
def selection(alice: User) -> Selection:
    return make_selection(alice, name="Round 1")


@pytest.fixture
def team(alice: User, bob: User) -> Team:
    team = teams.create_team(user=alice, name="Night shift")
    teams.add_member(team=team, username="bob")
    return team


def share(selection: Selection, **how: object) -> Share:
    return services.share_selection(user=selection.owner, selection=selection, **how)


def rights(user: User, selection: Selection) -> tuple[bool, bool, bool]:
    """Whether the user may read, edit, and share and delete it."""
    rows = Selection.objects.filter(pk=selection.pk)
    read = rows.for_user(user).exists()
    edits = rows.editable_by(user).exists()
    assert [each.may_edit for each in rows.for_user(user).with_may_edit(user)] == [edits] * read
    return read, edits, rows.owned_by(user).exists()


class TestWhoMay:
    def test_with_a_person(self, selection: Selection, alice: User, bob: User, carol: User) -> None:
        assert rights(bob, selection) == (False, False, False)
        reading = share(selection, person="bob")
        assert rights(bob, selection) == (True, False, False)
        assert share(selection, person="bob", may_edit=True) == reading
        assert rights(bob, selection) == (True, True, False)
        assert rights(carol, selection) == (False, False, False)
        assert rights(alice, selection) == (True, True, True)
        services.stop_sharing(share=reading)
        assert rights(bob, selection) == (False, False, False)

    def test_with_a_team(
        self, selection: Selection, team: Team, alice: User, bob: User, carol: User
    ) -> None:
        share(selection, team_id=team.pk)
        assert rights(bob, selection) == (True, False, False)
        assert rights(carol, selection) == (False, False, False)
        teams.add_member(team=team, username="carol")
        assert rights(carol, selection) == (True, False, False)
        teams.remove_member(member=team.memberships.get(person=bob))
        assert rights(bob, selection) == (False, False, False)
        teams.delete_team(team=team)
        assert rights(carol, selection) == (False, False, False)

    def test_of_several_ways_the_widest_counts(
        self, selection: Selection, team: Team, bob: User
    ) -> None:
        services.update_selection(selection=selection, visibility="shared")
        share(selection, person="bob")
        assert rights(bob, selection) == (True, False, False)
        share(selection, team_id=team.pk, may_edit=True)
        assert rights(bob, selection) == (True, True, False)
        assert Selection.objects.for_user(bob).get() == selection

    def test_what_is_deleted_is_gone_for_all(self, selection: Selection, bob: User) -> None:
        share(selection, person="bob", may_edit=True)
        services.discard_selection(selection=selection)
        assert rights(bob, selection) == (False, False, False)
        assert not Selection.objects.restorable(bob)


class TestService:
    @pytest.mark.parametrize(
        ("how", "error"),
        [
            ({}, "Name a person or a team"),
            ({"person": "bob", "team_id": 1}, "one of them"),
            ({"person": "nobody"}, "Nobody here has the user name “nobody”"),
            ({"person": "alice"}, "the owner of this selection already"),
            ({"team_id": 999}, "You are in no such team"),
        ],
    )
    def test_what_is_refused(self, selection: Selection, bob: User, how: dict, error: str) -> None:
        with pytest.raises(InvalidInput, match=error):
            share(selection, **how)
        assert not Share.objects.exists()

    def test_teams_of_others_are_none(self, selection: Selection, carol: User) -> None:
        theirs = teams.create_team(user=carol, name="Others")
        with pytest.raises(InvalidInput, match="You are in no such team"):
            share(selection, team_id=theirs.pk)

    def test_a_selection_has_so_many_shares(
        self, selection: Selection, bob: User, carol: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("selections.services.sharing.MOST_SHARES", 1)
        share(selection, person="bob")
        share(selection, person="bob", may_edit=True)
        with pytest.raises(Conflict, match="Make a team of some of them"):
            share(selection, person="carol")

    def test_a_temporary_selection_becomes_a_listed_one(self, alice: User, bob: User) -> None:
        temporary = make_selection(alice, is_temporary=True)
        share(temporary, person="bob")
        assert Selection.objects.for_user(bob).listed().get() == temporary

    def test_the_database_takes_just_one_of_both(
        self, selection: Selection, team: Team, bob: User
    ) -> None:
        for wrong in ({}, {"person": bob, "team": team}):
            with pytest.raises(IntegrityError), transaction.atomic():
                selection.shares.create(**wrong)


class TestGivenAway:
    def test_the_giver_goes_on_editing(self, selection: Selection, alice: User, bob: User) -> None:
        share(selection, person="bob")
        own = make_connection(bob, selection.url)
        services.give_selections(user=alice, selections=[selection], to="bob")
        assert rights(bob, selection) == (True, True, True)
        assert rights(alice, selection) == (True, True, False)
        selection.refresh_from_db()
        assert selection.connection == own
        assert [each.person for each in selection.shares.all()] == [alice]

    def test_of_two_at_the_same_time_the_first_counts(
        self, selection: Selection, alice: User, bob: User, carol: User
    ) -> None:
        other, late = make_selection(alice), Selection.objects.get(pk=selection.pk)
        services.give_selections(user=alice, selections=[selection], to="bob")
        with pytest.raises(Conflict, match="“Round 1” belongs to somebody else now"):
            services.give_selections(user=alice, selections=[other, late], to="carol")
        assert rights(bob, selection) == (True, True, True)
        assert rights(alice, other) == (True, True, True)
        assert not other.shares.exists()

    def test_the_giver_deletes_it_no_more(self, selection: Selection, alice: User) -> None:
        bob = User.objects.create_user("bob")
        late = Selection.objects.get(pk=selection.pk)
        services.give_selections(user=alice, selections=[selection], to="bob")
        services.discard_selection(selection=late)
        assert rights(bob, selection) == (True, True, True)

    @pytest.mark.parametrize("to", ["alice", "nobody"])
    def test_to_whom_not(self, selection: Selection, alice: User, to: str) -> None:
        with pytest.raises(InvalidInput):
            services.give_selections(user=alice, selections=[selection], to=to)
        selection.refresh_from_db()
        assert (selection.owner, selection.shares.count()) == (alice, 0)

    def test_when_an_account_is_deleted(
        self, selection: Selection, team: Team, alice: User, bob: User
    ) -> None:
        share(selection, team_id=team.pk)
        assert list(services.dependents([alice]).shared) == [selection]
        services.delete_accounts(users=[alice], heir=bob)
        assert rights(bob, selection) == (True, True, True)
        assert Team.objects.managed_by(bob).get() == team
        assert selection.shares.get().team == team


class TestPages:
    @pytest.fixture
    def web(self, client: Client, alice: User) -> Client:
        client.force_login(alice)
        return client

    def test_share_change_and_remove(
        self, web: Client, selection: Selection, team: Team, bob: User
    ) -> None:
        address = f"/selections/{selection.pk}"
        answer = web.post(f"{address}/shares", {"person": "bob", "may": "edit"}, follow=True)
        assert "bob may read and edit this selection now." in answer.text
        answer = web.post(f"{address}/shares", {"team": team.pk, "may": "read"}, follow=True)
        assert "Night shift may read this selection now." in answer.text
        web.post(f"{address}/shares", {"person": "bob", "may": "read"})
        of_bob = selection.shares.get(person=bob)
        assert not of_bob.may_edit
        answer = web.post(f"{address}/shares/{of_bob.pk}/remove", follow=True)
        assert "no longer shared with bob" in answer.text
        assert selection.shares.get().team == team

    @pytest.mark.parametrize(
        "data", [{"person": "nobody", "may": "read"}, {"person": "bob"}, {"may": "read"},
                 {"team": "x", "may": "read"}]
    )  # fmt: skip
    def test_errors_are_told_on_the_page(
        self, web: Client, selection: Selection, data: dict
    ) -> None:
        answer = web.post(f"/selections/{selection.pk}/shares", data)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert not Share.objects.exists()

    def test_what_was_typed_stays_when_it_is_wrong(self, web: Client, selection: Selection) -> None:
        page = f"/selections/{selection.pk}"
        shared = web.post(f"{page}/shares", {"person": "nobody", "may": "edit"}).text
        assert 'value="nobody"' in shared
        assert '<option value="edit" selected>' in shared
        assert 'value="nobody"' in web.post(f"{page}/hand-over", {"to": "nobody"}).text

    def test_links_of_a_page_with_an_error_lead_to_the_selection(
        self, web: Client, selection: Selection
    ) -> None:
        """The address of the page answers POST alone."""
        selection.marks.create(task_id=1, frame=0, verdict="good", marked_by=selection.owner)
        answer = web.post(f"/selections/{selection.pk}/shares", {"may": "read"})
        links = re.findall(r'href="([^"]*\?(?:job|mark|page|view)=[^"]*)"', answer.text)
        assert len(links) > 2
        for link in map(html.unescape, links):
            assert link.startswith(f"/selections/{selection.pk}?")
            assert web.get(link).status_code == 200

    def test_what_readers_and_editors_are_shown(
        self, web: Client, selection: Selection, team: Team, bob: User, carol: User
    ) -> None:
        share(selection, team_id=team.pk)
        share(selection, person="carol")
        web.force_login(bob)
        page = web.get(f"/selections/{selection.pk}").text
        assert "alice shares this selection with the team" in page
        assert "carol" not in page
        assert "Rename" not in page
        share(selection, team_id=team.pk, may_edit=True)
        page = web.get(f"/selections/{selection.pk}").text
        assert "Rename" in page
        assert ">Delete<" not in page
        assert web.post(f"/selections/{selection.pk}/describe", {"name": "Better"}).url
        selection.refresh_from_db()
        assert selection.name == "Better"

    def test_a_reader_gives_it_up(self, web: Client, selection: Selection, bob: User) -> None:
        given = share(selection, person="bob")
        web.force_login(bob)
        assert "Give up my access" in web.get(f"/selections/{selection.pk}").text
        answer = web.post(f"/selections/{selection.pk}/shares/{given.pk}/remove", follow=True)
        assert "no longer shared with you" in answer.text
        assert rights(bob, selection) == (False, False, False)

    def test_hand_over(self, web: Client, selection: Selection, bob: User) -> None:
        address = f"/selections/{selection.pk}"
        assert web.post(f"{address}/hand-over", {"to": "nobody"}).status_code == 400
        answer = web.post(f"{address}/hand-over", {"to": "bob"}, follow=True)
        assert "This selection belongs to bob now." in answer.text
        assert rights(bob, selection) == (True, True, True)

    def test_hand_over_several(
        self, web: Client, selection: Selection, alice: User, bob: User
    ) -> None:
        stays = make_selection(alice, name="Stays")
        theirs = make_selection(bob, name="Not hers", visibility="shared")
        page = web.get(f"/selections/hand-over?selection={selection.pk}&selection=x").text
        assert f'value="{selection.pk}" checked' in page
        assert f'value="{stays.pk}" >' in page
        assert "Not hers" not in page
        chosen = [selection.pk, theirs.pk]
        for wrong in ({"to": "nobody", "selection": chosen}, {"to": "bob"}, {"selection": chosen}):
            assert web.post("/selections/hand-over", wrong).status_code == 400
        data = {"to": "bob", "selection": chosen}
        answer = web.post("/selections/hand-over", data, follow=True)
        assert "1 selection belongs to bob now." in answer.text
        assert rights(bob, selection) == (True, True, True)
        assert list(Selection.objects.owned_by(alice)) == [stays]

    def test_checked_selections_come_first_and_those_of_others_are_told(
        self,
        web: Client,
        selection: Selection,
        alice: User,
        bob: User,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("selections.views.sharing.MOST_LISTED", 2)
        for number in range(2):
            make_selection(alice, name=f"Newer {number}")
        theirs = make_selection(bob, name="Not hers", visibility="shared")
        address = f"/selections/hand-over?selection={selection.pk}"
        page = web.get(f"{address}&selection={theirs.pk}").text
        assert page.index(f'value="{selection.pk}" checked') < page.index("Newer 1")
        assert "Newer 0" not in page
        assert "1 of the checked selections is not yours" in page
        assert "not yours" not in web.get(address).text
        assert "Newer 0" in web.get("/selections/hand-over").text

    def test_lists_say_what_is_shared(self, web: Client, alice: User, bob: User) -> None:
        make_selection(alice, name="Kept to herself")
        share(make_selection(alice, name="Given to bob"), person="bob")
        page = web.get("/selections/?visibility=shared").text
        assert "Given to bob" in page
        assert '<span class="badge accent">shared</span>' in page
        assert "Kept to herself" not in page
        page = web.get("/selections/?visibility=private").text
        assert "Given to bob" not in page
        assert '<span class="badge accent">shared</span>' not in page
        web.force_login(bob)
        page = web.get("/selections/?whose=shared&owner=alice").text
        assert "Given to bob" in page
        assert "Kept to herself" not in page

    def test_the_page_of_a_team_lists_what_is_shared_with_it(
        self, web: Client, selection: Selection, team: Team, alice: User, bob: User
    ) -> None:
        share(selection, team_id=team.pk, may_edit=True)
        share(make_selection(alice, name="Given to bob"), person="bob")
        for member in (alice, bob):
            web.force_login(member)
            page = web.get(f"/teams/{team.pk}").text
            assert f'href="/selections/{selection.pk}">Round 1' in page
            assert "Given to bob" not in page


class TestApi:
    def test_it_works(self, selection: Selection, alice: User, bob: User, team: Team) -> None:
        owner, other = api_of(alice), api_of(bob)
        shares = f"/api/selections/{selection.pk}/shares"
        made = owner.post(shares, {"person": "bob", "may_edit": True}, format="json").json()
        assert (made["person"], made["team"], made["may_edit"]) == ("bob", None, True)
        made = owner.post(shares, {"team": team.pk}, format="json").json()
        assert (made["team"]["name"], made["may_edit"]) == ("Night shift", False)
        assert owner.get(shares).json()["count"] == 2
        told = other.get(f"/api/selections/{selection.pk}").json()
        assert (told["owner"], told["may_edit"]) == ("alice", True)
        address = f"/api/selections/{selection.pk}"
        assert other.patch(address, {"note": "Seen."}, format="json").json()["note"] == "Seen."
        assert other.patch(address, {"visibility": "shared"}, format="json").status_code == 404
        assert other.get(shares).json()["count"] == 2
        of_bob = selection.shares.get(person=bob)
        assert other.delete(f"{shares}/{of_bob.pk}").status_code == 204
        assert not other.get(f"/api/selections/{selection.pk}").json()["may_edit"]

    @pytest.mark.parametrize(
        "data",
        [{}, {"person": "nobody"}, {"person": "bob", "team": 1}, {"team": 0}, {"who": "bob"},
         {"person": "bob", "may_edit": "perhaps"}],
    )  # fmt: skip
    def test_what_is_refused(
        self, selection: Selection, alice: User, bob: User, data: dict
    ) -> None:
        shares = f"/api/selections/{selection.pk}/shares"
        assert api_of(alice).post(shares, data, format="json").status_code == 400
        assert not Share.objects.exists()

    def test_hand_over(self, selection: Selection, alice: User, bob: User) -> None:
        address = f"/api/selections/{selection.pk}/hand-over"
        told = api_of(alice).post(address, {"to": "bob"}, format="json").json()
        assert (told["owner"], told["may_edit"]) == ("bob", True)
        assert api_of(alice).post(address, {"to": "bob"}, format="json").status_code == 404


def test_an_administrator_shares_it(
    client: Client, admin: User, selection: Selection, bob: User
) -> None:
    client.force_login(admin)
    address = f"/admin/selections/selection/{selection.pk}/change/"
    form = {"name": "Round 1", "note": "", "visibility": "private", "hand_over_to": ""}
    rows = {"shares-TOTAL_FORMS": 1, "shares-INITIAL_FORMS": 0}
    row = {"shares-0-person": bob.pk, "shares-0-may_edit": "on"}
    assert client.post(address, form | rows | row).status_code == 302
    assert rights(bob, selection) == (True, True, False)
    both = {"shares-0-team": ""}
    answer = client.post(address, form | rows | {"shares-0-may_edit": "on"} | both)
    assert "name one of them" in answer.text
