"""Teams: make, rename and delete; add and remove members.

A team always has a member who manages it, and one without members is deleted.
"""

from __future__ import annotations

import unicodedata

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from portal.exceptions import Conflict, InvalidInput, LimitReached
from portal.models import Team, TeamMember
from portal.services.people import find_person
from portal.work.models import lock_person

MOST_MADE = 50  # teams of one person, who may have left them
MOST_MEMBERS = 500  # of a team


def create_team(*, user: User, name: str) -> Team:
    """Make a team that the user manages. Raises InvalidInput, and Conflict beyond MOST_MADE."""
    with transaction.atomic():
        lock_person(user.pk)  # of two requests at once, the second counts the first
        if Team.objects.filter(made_by=user).count() >= MOST_MADE:
            raise LimitReached(
                f"You have made {MOST_MADE} teams, which is as many as one person may. Delete one, "
                "or have it deleted by who manages it."
            )
        team = _save(Team(name=name, made_by=user))
        team.memberships.create(person=user, manages=True)
    return team


def rename_team(*, team: Team, name: str) -> Team:
    """Raises InvalidInput for an empty name, or that of another team."""
    team.name = name
    return _save(team)


def delete_team(*, team: Team) -> None:
    """Delete the team, and with it the access that its members had through it."""
    team.delete()


def add_member(*, team: Team, username: str, manages: bool = False) -> TeamMember:
    """Make the person with this user name a member; one who is a member stays as it is. Raises
    InvalidInput, and LimitReached beyond MOST_MEMBERS."""
    person = find_person(username)
    if team.memberships.count() >= MOST_MEMBERS:
        raise LimitReached(
            f"{team} has {MOST_MEMBERS} members, which is as many as a team may have."
        )
    member, _ = team.memberships.get_or_create(person=person, defaults={"manages": manages})
    return member


def set_manages(*, member: TeamMember, manages: bool) -> TeamMember:
    """Say whether the member manages the team. Raises Conflict if nobody else does."""
    with transaction.atomic():
        _lock(member.team_id)
        others = TeamMember.objects.filter(team=member.team_id, manages=True).exclude(pk=member.pk)
        if not manages and not others.exists():
            raise Conflict(
                "A team needs somebody who manages it. Let another member manage it first."
            )
        member.manages = manages
        member.save(update_fields=["manages"])
    return member


def remove_member(*, member: TeamMember) -> None:
    """Take the member out of the team. If nobody else manages it, its oldest member does so from
    then on; without members it is deleted."""
    with transaction.atomic():
        _lock(member.team_id)
        member.delete()
        members = TeamMember.objects.filter(team=member.team_id)
        oldest = members.first()
        if oldest is None:
            Team.objects.filter(pk=member.team_id).delete()
        elif not members.filter(manages=True).exists():
            members.filter(pk=oldest.pk).update(manages=True)


def leave_all(*, person: User) -> None:
    """Take the person out of all teams."""
    for member in TeamMember.objects.filter(person=person).select_related("team"):
        remove_member(member=member)


def _lock(team_id: int) -> None:
    """Let no other transaction past this line for the same team, until this one ends."""
    list(Team.objects.select_for_update(no_key=True).filter(pk=team_id).values("pk"))


def _save(team: Team) -> Team:
    # Else two names could look the same on a page.
    team.name = " ".join(unicodedata.normalize("NFC", team.name).split())
    if not team.name.isprintable():
        raise InvalidInput("The name has invisible characters. Type it anew.")
    try:
        team.full_clean()
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from None
    team.save()
    return team
