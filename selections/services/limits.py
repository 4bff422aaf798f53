"""Limits per person: active builds, and bytes of archives."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User

from portal.exceptions import LimitReached, TooManyBuilds
from portal.sizes import size_in_words
from selections.models import Archive


def check_may_build(*, user: User) -> None:
    """Raises TooManyBuilds, or Conflict when the person's archives take too much room."""
    check_builds(user=user)
    check_room(user=user)


def check_builds(*, user: User) -> None:
    limit = settings.ARCHIVE_ACTIVE_PER_PERSON
    if Archive.objects.filter(requested_by=user).active().count() >= limit:
        raise TooManyBuilds(limit=limit)


def check_room(*, user: User) -> None:
    limit = settings.ARCHIVE_BYTES_PER_PERSON
    archives = Archive.objects.for_user(user).with_file()
    if not limit or archives.bytes() < limit:
        return
    largest = archives.order_by("-size", "pk")[0]
    raise LimitReached(
        f"Your archives take {size_in_words(archives.bytes())} of the {size_in_words(limit)} "
        "that each person may keep here. Delete some that you no longer need under Archives; the "
        f"largest is {largest.download_name} of “{largest.selection_name}” "
        f"({size_in_words(largest.size)}). Their selections stay, so they can be built again."
    )
