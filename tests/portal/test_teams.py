"""Teams: who makes, sees, changes and leaves them, on pages and in the API."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from portal.exceptions import Conflict, InvalidInput, LimitReached
from portal.models import Team, TeamMember
from portal.services import people, teams
from tests.conftest import api_of


@pytest.fixture
def team(alice: User) -> Team:
    return teams.create_team(user=alice, name="Night shift")


@pytest.fixture
def member(team: Team, bob: User) -> TeamMember:
    return teams.add_member(team=team, username="bob")


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


class TestServices:
    def test_who_makes_a_team_manages_it(self, team: Team, alice: User, bob: User) -> None:
        assert Team.objects.for_user(alice).get() == Team.objects.managed_by(alice).get() == team
        assert not Team.objects.for_user(bob)

    @pytest.mark.parametrize(
        "name", ["", "  ", "x" * 101, "NIGHT shift ", "Night  shift", "Night\u200b shift"]
    )
    def test_names_that_are_refused(self, team: Team, bob: User, name: str) -> None:
        with pytest.raises(InvalidInput):
            teams.create_team(user=bob, name=name)
        assert Team.objects.get() == team

    def test_a_person_makes_so_many_teams(
        self, team: Team, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(teams, "MOST_MADE", 1)
        with pytest.raises(LimitReached, match="as many as one person may"):
            teams.create_team(user=alice, name="Day shift")

    def test_teams_of_others_do_not_count(
        self, team: Team, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(teams, "MOST_MADE", 1)
        teams.add_member(team=team, username="bob", manages=True)
        teams.create_team(user=bob, name="Day shift")
        with pytest.raises(Conflict):
            teams.create_team(user=bob, name="Late shift")

    def test_leaving_a_team_moves_it_to_nobody_elses_limit(
        self, team: Team, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(teams, "MOST_MADE", 1)
        teams.add_member(team=team, username="bob", manages=True)
        teams.remove_member(member=team.memberships.get(person=alice))
        teams.create_team(user=bob, name="Day shift")
        with pytest.raises(Conflict):
            teams.create_team(user=alice, name="Late shift")

    def test_a_team_has_so_many_members(
        self, team: Team, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(teams, "MOST_MEMBERS", 1)
        with pytest.raises(LimitReached, match="as many as a team may have"):
            teams.add_member(team=team, username="bob")

    def test_people_are_added_by_their_whole_name(self, team: Team, bob: User) -> None:
        for name in ("bo", "BOB", "nobody"):
            with pytest.raises(InvalidInput, match="Nobody here has the user name"):
                teams.add_member(team=team, username=name)
        assert teams.add_member(team=team, username=" bob ").person == bob

    def test_who_cannot_sign_in_is_nobody(self, team: Team, bob: User) -> None:
        User.objects.filter(pk=bob.pk).update(is_active=False)
        with pytest.raises(InvalidInput):
            teams.add_member(team=team, username="bob")

    def test_adding_a_member_again_changes_nothing(self, member: TeamMember) -> None:
        again = teams.add_member(team=member.team, username="bob", manages=True)
        assert (again, again.manages) == (member, False)

    def test_somebody_always_manages(self, member: TeamMember, alice: User, bob: User) -> None:
        of_alice = member.team.memberships.get(person=alice)
        with pytest.raises(Conflict, match="Let another member manage it first"):
            teams.set_manages(member=of_alice, manages=False)
        teams.remove_member(member=of_alice)
        assert Team.objects.managed_by(bob).exists()
        teams.remove_member(member=TeamMember.objects.get())
        assert not Team.objects.exists()

    def test_the_names_of_colleagues_alone_are_suggested(
        self, member: TeamMember, alice: User, bob: User, admin: User
    ) -> None:
        assert people.colleagues(alice) == ["bob"]
        assert people.colleagues(admin) == []


class TestPages:
    def test_make_a_team_and_add_somebody(self, web: Client, bob: User) -> None:
        assert "No teams yet" in web.get("/teams").text
        answer = web.post("/teams", {"name": "Night shift"}, follow=True)
        team = Team.objects.get()
        assert answer.redirect_chain == [(f"/teams/{team.pk}", 302)]
        answer = web.post(f"/teams/{team.pk}/members", {"person": "bob"}, follow=True)
        assert "bob is a member of “Night shift”." in answer.text
        assert f'href="/teams/{team.pk}">Night shift' in web.get("/teams").text

    def test_a_name_that_is_taken_is_told_in_the_form(self, web: Client, team: Team) -> None:
        answer = web.post("/teams", {"name": "night SHIFT"})
        assert answer.status_code == 400
        assert "There is a team of this name already" in answer.text

    def test_errors_are_told_on_the_page(self, web: Client, team: Team) -> None:
        answer = web.post(f"/teams/{team.pk}/members", {"person": "nobody"})
        assert answer.status_code == 400
        assert "Nobody here has the user name “nobody”" in answer.text
        assert answer.context["add"]["person"].value() == "nobody"
        assert web.post(f"/teams/{team.pk}/rename", {"name": ""}).status_code == 400

    def test_change_and_remove_members(self, web: Client, member: TeamMember) -> None:
        address = f"/teams/{member.team_id}/members/{member.pk}"
        web.post(address, {"change": "manages"})
        member.refresh_from_db()
        assert member.manages
        assert web.post(address, {"change": "x"}).status_code == 400
        web.post(address, {"change": "remove"})
        assert not TeamMember.objects.filter(pk=member.pk).exists()

    def test_members_see_each_other_but_change_nothing(
        self, web: Client, member: TeamMember, bob: User
    ) -> None:
        web.force_login(bob)
        page = web.get(f"/teams/{member.team_id}").text
        assert '<span class="name">alice</span>' in page
        assert "Add a member" not in page
        assert "Delete" not in page

    def test_leave(self, web: Client, member: TeamMember, bob: User) -> None:
        web.force_login(bob)
        answer = web.post(f"/teams/{member.team_id}/leave", follow=True)
        assert "You have left “Night shift”." in answer.text
        assert web.get(f"/teams/{member.team_id}").status_code == 404


class TestApi:
    def test_it_works(self, api: APIClient, bob: User) -> None:
        made = api.post("/api/teams", {"name": "Night shift"}, format="json").json()
        assert (made["name"], made["members_count"], made["managed"]) == ("Night shift", 1, True)
        address = f"/api/teams/{made['id']}"
        member = api.post(f"{address}/members", {"person": "bob"}, format="json").json()
        assert (member["person"], member["manages"]) == ("bob", False)
        changed = api.patch(f"{address}/members/{member['id']}", {"manages": True}, format="json")
        assert changed.json()["manages"]
        names = [each["person"] for each in api.get(f"{address}/members").json()["results"]]
        assert names == ["alice", "bob"]
        assert (
            api.patch(address, {"name": "Day shift"}, format="json").json()["name"] == "Day shift"
        )
        assert api_of(bob).get("/api/teams").json()["results"][0]["members_count"] == 2
        assert api.delete(address).status_code == 204
        assert api_of(bob).get("/api/teams").json()["count"] == 0

    @pytest.mark.parametrize("data", [{}, {"name": ""}, {"name": "Night shift"}, {"nme": "x"}])
    def test_what_is_refused(self, api: APIClient, team: Team, data: dict) -> None:
        assert api.post("/api/teams", data, format="json").status_code == 400

    def test_members_leave(self, member: TeamMember, bob: User) -> None:
        address = f"/api/teams/{member.team_id}/members/{member.pk}"
        assert api_of(bob).delete(address).status_code == 204
        assert not Team.objects.for_user(bob)
