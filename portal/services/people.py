"""People by their user names."""

from __future__ import annotations

from django.contrib.auth.models import User

from portal.exceptions import InvalidInput
from portal.models import Team

MOST_COLLEAGUES = 500


def find_person(username: str) -> User:
    """The active person with exactly this user name. Raises InvalidInput."""
    person = User.objects.filter(username=username.strip(), is_active=True).first()
    if person is None:
        raise InvalidInput(
            f"Nobody here has the user name “{username.strip()}”. Give the whole name, as it is "
            "written at the sign-in."
        )
    return person


def colleagues(user: User) -> list[str]:
    """User names of the active people who are in a team with the user: the only ones that the
    portal suggests, for it lists its people to nobody but administrators."""
    others = User.objects.filter(teams__in=Team.objects.for_user(user), is_active=True)
    names = others.exclude(pk=user.pk).order_by("username").distinct()
    return list(names.values_list("username", flat=True)[:MOST_COLLEAGUES])
