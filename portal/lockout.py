"""Count failed sign-ins, block after too many of them, and lift blocks.

There are two limits. LOGIN_FAILURE_LIMIT failures for one user name from one address block that
name at that address, so that a stranger elsewhere cannot lock the owner out. LOGIN_ADDRESS_LIMIT
failures for any names from one address block the address, so that nobody can try one password on
every name. A successful sign-in deletes the failures of that name at that address: people who
mistype and correct themselves do not add up in an office behind one address.

A browser in which a person has signed in before has a signed cookie. Its failures for that person
are counted separately, and a blocked address does not block it.

A block ends LOGIN_BLOCK_MINUTES after the failure that caused it. Attempts during a block are
refused without checking the password, and are not counted.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

logger = logging.getLogger("portal.sign_in")

COOKIE = "known_browser"
COOKIE_SECONDS = 365 * 24 * 3600
_SALT = "selector.lockout"  # must stay: another one makes the cookies of all browsers invalid
# Values of the column user_agent of a failure, which is part of the key of a row.
KNOWN, UNKNOWN = "known browser", "unknown browser"
LONGEST_NAME = 150  # characters of a user name
MAX_ROWS = 20_000  # the oldest are deleted first


@dataclass(frozen=True, slots=True)
class Block:
    """A block of sign-ins at an address, for one name or for all names, with its end."""

    address: str | None
    until: datetime
    is_whole_address: bool

    @classmethod
    def from_now(cls, address: str | None) -> Block:
        return cls(address, timezone.now() + _cool_off(), is_whole_address=False)

    def __str__(self) -> str:
        place = self.address or "an unknown address"
        whole = "everybody " if self.is_whole_address else ""
        return f"blocked {whole}at {place} for {self.minutes} min"

    @property
    def seconds(self) -> int:
        return max(1, math.ceil((self.until - timezone.now()).total_seconds()))

    @property
    def minutes(self) -> int:
        return math.ceil(self.seconds / 60)


class Handler(AxesDatabaseHandler):  # type: ignore[misc]  # has no types
    """The handler that django-axes calls for each sign-in, on the admin site as well."""

    def is_locked(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        return find_block(request, _username(credentials)) is not None

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        rows = _failures(request, _username(credentials))
        return int(rows.aggregate(n=Sum("failures_since_start"))["n"] or 0)

    def user_login_failed(
        self,
        sender: Any,
        credentials: dict[str, Any],
        request: Any = None,
        **_: Any,
    ) -> None:
        if request is None:  # not from a page
            return
        username = _username(credentials)
        block = find_block(request, username)
        if block is None:
            _count(request, username)
            block = find_block(request, username)
        elif block.is_whole_address:
            _record_refusal(request, username)
        _log(request, username, block)
        if block is not None:
            request.axes_locked_out = True
            request.sign_in_block = block

    def user_logged_in(self, sender: Any, request: Any, user: User, **_: Any) -> None:
        username = user.get_username()
        failures = AccessAttempt.objects.filter(username=username)
        failures.filter(Q(ip_address=request.axes_ip_address) | Q(user_agent=KNOWN)).delete()
        request.signed_in_as = username

    def user_logged_out(self, sender: Any, request: Any, user: User | None, **_: Any) -> None:
        pass


def find_block(request: Any, username: str) -> Block | None:
    """The block that refuses a sign-in with this name now; None if there is none."""
    address = request.axes_ip_address
    own = _block(_failures(request, username), settings.AXES_FAILURE_LIMIT)
    if own is not None:
        return Block(address, own, is_whole_address=False)
    if _is_known(request, username):
        return None
    of_address = recent().filter(ip_address=address, user_agent=UNKNOWN)
    until = _block(of_address, settings.LOGIN_ADDRESS_LIMIT)
    return None if until is None else Block(address, until, is_whole_address=True)


def _block(failures: QuerySet[AccessAttempt], limit: int) -> datetime | None:
    """When the block by these failures ends; None if there are too few of them."""
    sums = failures.filter(failures_since_start__gt=0).aggregate(
        count=Sum("failures_since_start"), last=Max("attempt_time")
    )
    return sums["last"] + _cool_off() if (sums["count"] or 0) >= limit else None


def _failures(request: Any, username: str) -> QuerySet[AccessAttempt]:
    """The failures that count for this name in this browser."""
    if _is_known(request, username):
        return recent().filter(username=username, user_agent=KNOWN)
    return recent().filter(
        username=username, user_agent=UNKNOWN, ip_address=request.axes_ip_address
    )


def recent() -> QuerySet[AccessAttempt]:
    """The failures that are recent enough to count."""
    failures: QuerySet[AccessAttempt] = AccessAttempt.objects.filter(
        attempt_time__gt=timezone.now() - _cool_off()
    )
    return failures


def _cool_off() -> timedelta:
    return timedelta(minutes=settings.LOGIN_BLOCK_MINUTES)


def _count(request: Any, username: str) -> None:
    purge()
    _add_failures(request, username, 1)


def _record_refusal(request: Any, username: str) -> None:
    """Show the administrator that a blocked address keeps this person from signing in."""
    if User.objects.filter(username=username).exists():
        _add_failures(request, username, 0)


def _add_failures(request: Any, username: str, failures: int) -> None:
    """Add failures to the row of this name, address and kind of browser."""
    browser = KNOWN if _is_known(request, username) else UNKNOWN
    now = timezone.now()
    with transaction.atomic():
        row, _ = AccessAttempt.objects.select_for_update().get_or_create(
            username=username,
            ip_address=request.axes_ip_address,
            user_agent=browser,
            # Not the form: people type passwords into wrong fields.
            defaults={"failures_since_start": 0, "path_info": request.path[:255]},
        )
        rows = AccessAttempt.objects.filter(pk=row.pk)
        if not failures:
            # Not the time of real failures: attempts during a block must not prolong it.
            rows = rows.filter(failures_since_start=0)
        changed = {"failures_since_start": F("failures_since_start") + failures}
        rows.update(attempt_time=now, **changed)


def purge() -> None:
    """Delete failures that no longer count, and the oldest beyond MAX_ROWS."""
    AccessAttempt.objects.filter(attempt_time__lte=timezone.now() - _cool_off()).delete()
    surplus = AccessAttempt.objects.order_by("-attempt_time").values("pk")[MAX_ROWS:]
    AccessAttempt.objects.filter(pk__in=list(surplus.values_list("pk", flat=True)[:1000])).delete()


def _log(request: Any, username: str, block: Block | None) -> None:
    # An unknown name is not logged: it may be a password in the wrong field.
    is_person = User.objects.filter(username=username).exists()
    logger.warning(
        "Sign-in refused: %s from %s, %s.",
        f"user {username!r}" if is_person else "an unknown user name",
        request.axes_ip_address or "an unknown address",
        f"blocked for {block.seconds} s" if block else "wrong password",
    )


# --- who is blocked, and unblocking -------------------------------------------------------------


def blocks() -> dict[str, list[Block]]:
    """The current blocks, by the user name that they refuse."""
    limited = recent().values("username", "ip_address", "user_agent", "attempt_time")
    by_name: dict[str, list[Block]] = {}
    for row in limited.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT):
        block = Block(row["ip_address"], row["attempt_time"] + _cool_off(), False)
        by_name.setdefault(row["username"], []).append(block)
    addresses = _blocked_addresses()
    refused = limited.filter(ip_address__in=addresses, failures_since_start=0)
    for row in refused:
        address = row["ip_address"]
        by_name.setdefault(row["username"], []).append(Block(address, addresses[address], True))
    return by_name


def _blocked_addresses() -> dict[str, datetime]:
    counted = recent().filter(user_agent=UNKNOWN, failures_since_start__gt=0)
    sums = counted.values("ip_address").annotate(
        count=Sum("failures_since_start"), last=Max("attempt_time")
    )
    return {
        row["ip_address"]: row["last"] + _cool_off()
        for row in sums.filter(count__gte=settings.LOGIN_ADDRESS_LIMIT)
        if row["ip_address"]
    }


def has_failed(username: str) -> Exists:
    """A condition for a query of users: whether a failure counts for the name in this field."""
    return Exists(recent().filter(username=OuterRef(username)))


def unblock(usernames: Iterable[str]) -> int:
    """Delete the failures of these people, and of blocked addresses that refuse them. Returns how
    many of the people were blocked."""
    names = set(usernames)
    lifted = {name: of_name for name, of_name in blocks().items() if name in names}
    addresses = {
        block.address for of_name in lifted.values() for block in of_name if block.is_whole_address
    }
    AccessAttempt.objects.filter(Q(username__in=names) | Q(ip_address__in=addresses)).delete()
    return len(lifted)


# --- browsers known to belong to a person -------------------------------------------------------

MAX_NAMES = 5  # people who share a browser


def remember_browser(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """Set the signed cookie that says that this person has signed in with this browser."""
    names = [username, *(name for name in _known_names(request) if name != username)]
    response.set_cookie(
        COOKIE,
        signing.dumps(names[:MAX_NAMES], salt=_SALT),
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _is_known(request: HttpRequest, username: str) -> bool:
    return username in _known_names(request)


def _known_names(request: HttpRequest) -> list[str]:
    try:
        names = signing.loads(request.COOKIES[COOKIE], salt=_SALT, max_age=COOKIE_SECONDS)
    except (KeyError, signing.BadSignature):
        return []
    return [str(name) for name in names]


def _username(credentials: dict[str, Any] | None) -> str:
    return str((credentials or {}).get("username") or "")[:LONGEST_NAME].replace("\0", "")
