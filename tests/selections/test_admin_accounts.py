"""An account that others depend on is not deleted without the list of it and a choice."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from portal.exceptions import Conflict, InvalidInput
from portal.models import ApiToken
from selections import services
from selections.draws import Draw
from selections.models import Archive, Selection
from selector.models import Connection
from tests.making import WITHOUT_SHARES, make_archive, make_connection, make_selection

LIST = reverse("admin:auth_user_changelist")


@pytest.fixture
def site(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def shared(alice: User, bob: User) -> Selection:
    """alice's, and bob has a finished archive of it."""
    selection = make_selection(
        alice, make_connection(alice), name="Team's round", visibility="shared"
    )
    make_archive(bob, selection, "ready")
    return selection


def ask(site: Client, *users: User, **data: Any) -> Any:
    """The question about one account, or about several by the action of the list."""
    if len(users) == 1:
        return site.post(reverse("admin:auth_user_delete", args=[users[0].pk]), data)
    chosen = {"action": "delete_accounts", "_selected_action": [user.pk for user in users]}
    return site.post(LIST, {**chosen, **data})


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


class TestTheQuestion:
    def test_lists_what_others_depend_on(
        self, site: Client, alice: User, bob: User, shared: Selection
    ) -> None:
        draw = Draw(task_id=1, count=3, seed=1, exclude_selections=(shared.pk,))
        make_selection(bob, name="Second round", draw=draw.to_json())
        make_archive(bob, make_selection(alice, visibility="shared"), "queued")
        make_selection(alice, name="Nobody else's")
        text = text_of(site.get(reverse("admin:auth_user_delete", args=[alice.pk])))
        assert "Other people depend on this account" in text
        assert "Team&#x27;s round" in text
        assert "1 archive of other people" in text
        assert "Second round" in text
        assert "for bob" in text
        assert "Nobody else" not in text.replace("Nobody else depends", "")

    def test_nothing_goes_without_a_choice(
        self, site: Client, alice: User, shared: Selection
    ) -> None:
        text = text_of(ask(site, alice, post="yes"))
        assert "This field is required" in text
        assert User.objects.filter(pk=alice.pk).exists()
        assert Selection.objects.count() == 1

    def test_is_asked_in_bulk_as_well(
        self, site: Client, alice: User, bob: User, shared: Selection
    ) -> None:
        other = User.objects.create_user("carol")
        text = text_of(ask(site, alice, other))
        assert "Team&#x27;s round" in text
        assert "This field is required" in text_of(ask(site, alice, other, post="yes"))
        assert User.objects.count() == 4
        assert "delete_selected" not in text_of(site.get(LIST))

    def test_says_that_nobody_depends_on_it(self, site: Client, alice: User) -> None:
        make_selection(alice)
        text = text_of(site.get(reverse("admin:auth_user_delete", args=[alice.pk])))
        assert "Nobody else depends" in text


class TestHandingOver:
    @pytest.mark.parametrize("in_bulk", [False, True])
    def test_selections_and_others_archives_stay(
        self, site: Client, alice: User, bob: User, shared: Selection, in_bulk: bool
    ) -> None:
        private = make_selection(alice, shared.connection)
        others = [User.objects.create_user("carol")] if in_bulk else []
        answer = ask(site, alice, *others, post="yes", choice="hand_over", heir=bob.pk)
        assert answer.status_code == 302
        assert set(User.objects.values_list("username", flat=True)) == {"admin", "bob"}
        assert set(Selection.objects.for_user(bob)) == {shared, private}
        assert set(Selection.objects.owned_by(bob)) == {shared, private}
        assert Archive.objects.get().status == "ready"
        assert shared.frames.count() == 3

    def test_the_new_owner_works_through_a_connection_of_their_own(
        self, alice: User, bob: User, shared: Selection
    ) -> None:
        own = make_connection(bob, shared.url)
        services.delete_accounts(users=[alice], heir=bob)
        shared.refresh_from_db()
        assert shared.connection == own

    def test_needs_a_person(self, site: Client, alice: User, shared: Selection) -> None:
        text = text_of(ask(site, alice, post="yes", choice="hand_over"))
        assert "Choose the person who takes the selections and recipes over" in text
        assert User.objects.filter(pk=alice.pk).exists()

    def test_not_to_somebody_who_goes_or_is_deactivated(
        self, site: Client, alice: User, bob: User, shared: Selection
    ) -> None:
        ask(site, alice, bob, post="yes", choice="hand_over", heir=bob.pk)
        with pytest.raises(InvalidInput, match="to be deleted as well"):
            services.delete_accounts(users=[alice, bob], heir=bob)
        services.deactivate_accounts(users=[bob])
        bob.refresh_from_db()
        ask(site, alice, post="yes", choice="hand_over", heir=bob.pk)
        with pytest.raises(InvalidInput, match="deactivated"):
            services.delete_accounts(users=[alice], heir=bob)
        assert User.objects.filter(pk=alice.pk).exists()


class TestKeeping:
    def test_deactivates_and_deletes_nothing(
        self, site: Client, alice: User, bob: User, shared: Selection
    ) -> None:
        _, token = ApiToken.objects.issue(owner=alice, name="script")
        session = Client()
        session.force_login(alice)
        assert ask(site, alice, post="yes", choice="keep").status_code == 302
        alice.refresh_from_db()
        assert not alice.is_active
        assert Selection.objects.for_user(bob).get() == shared
        assert session.get("/selections/").status_code == 302
        told = Client().get("/api/selections", headers={"Authorization": f"Bearer {token}"})
        assert told.status_code == 401


class TestDeleting:
    def test_finished_archives_of_others_stay(
        self, site: Client, alice: User, bob: User, shared: Selection
    ) -> None:
        assert ask(site, alice, post="yes", choice="delete").status_code == 302
        assert not Selection.objects.exists()
        archive = Archive.objects.for_user(bob).get()
        assert (archive.status, archive.selection_name) == ("ready", "Team's round")
        assert not Connection.objects.exists()

    def test_waits_for_builds_of_others(
        self, site: Client, alice: User, bob: User, shared: Selection
    ) -> None:
        running = make_archive(bob, make_selection(alice, visibility="shared"), "running")
        text = text_of(ask(site, alice, post="yes", choice="delete"))
        assert "bob is having" in text
        assert User.objects.filter(pk=alice.pk).exists()
        with pytest.raises(Conflict):
            services.delete_accounts(users=[alice])
        running.cancel()
        assert ask(site, alice, post="yes", choice="delete").status_code == 302

    def test_without_dependents_the_usual_answer_is_enough(self, site: Client, alice: User) -> None:
        make_selection(alice)
        assert ask(site, alice, post="yes").status_code == 302
        assert not User.objects.filter(pk=alice.pk).exists()

    def test_the_deletion_is_in_the_log(self, site: Client, alice: User, admin: User) -> None:
        pk = alice.pk
        ask(site, alice, post="yes", choice="delete")
        [entry] = admin.logentry_set.all()
        assert (entry.object_id, entry.object_repr) == (str(pk), "alice")


class TestOwnerOfASelection:
    def test_is_changed_in_its_form(
        self, site: Client, alice: User, bob: User, shared: Selection
    ) -> None:
        own = make_connection(bob, shared.url)
        address = reverse("admin:selections_selection_change", args=[shared.pk])
        data = {"hand_over_to": bob.pk, "name": "New", "note": "", "visibility": "private"}
        assert site.post(address, data | WITHOUT_SHARES).status_code == 302
        shared.refresh_from_db()
        assert (shared.owner, shared.name, shared.connection) == (bob, "New", own)

    def test_is_changed_by_an_action(
        self, site: Client, alice: User, bob: User, shared: Selection
    ) -> None:
        second = make_selection(alice)
        address = reverse("admin:selections_selection_changelist")
        data = {"action": "hand_over", "_selected_action": [shared.pk, second.pk]}
        answer = site.post(address, data, follow=True)
        assert "Choose the new owner" in answer.content.decode()
        answer = site.post(address, {**data, "heir": bob.pk}, follow=True)
        assert "2 selections handed over to bob" in answer.content.decode()
        assert Selection.objects.filter(owner=bob).count() == 2
