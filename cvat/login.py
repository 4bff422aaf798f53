"""Sign-in with a password, and the portal's own access token in the account (cvat-api 1.3 to 1.6).

It never logs out, which would delete the key that other programs of the user hold (cvat-api 1.4).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cvat import reading
from cvat.exceptions import (
    CvatBroken,
    CvatError,
    CvatForbidden,
    CvatLoginRefused,
    CvatRejected,
    CvatUnauthorized,
)
from cvat.http import Http
from cvat.retries import INTERACTIVE, Retries
from cvat.types import Credential, CredentialKind, Login

STEP_SECONDS = 60.0  # for each step of a sign-in
_TOKENS = "/api/auth/access_tokens"
MOST_TOKENS = 50  # in one account (cvat-api 1.5)
LONGEST_TOKEN_NAME = 50  # characters
_IS_FULL = re.compile(r"maximum\b.{0,20}\bnumber\b")
_KEEPS_KEY = (
    "The portal keeps the login key instead: it ends when you sign out of CVAT, then connect again."
)
_TOO_OLD = f"This CVAT has no access tokens (they came with version 2.48). {_KEEPS_KEY}"
_NOT_MADE = f"CVAT did not let the portal make an access token of its own. {_KEEPS_KEY}"
_FULL = (
    "Your CVAT account holds {count} access tokens, and CVAT allows no more, so the portal could "
    "not make one of its own. Delete one that you no longer need in CVAT (Profile, Security), then "
    f"connect again. {_KEEPS_KEY}"
)
_REPLACED = (
    "Your CVAT account was full of access tokens, so the portal replaced one that it had made "
    "itself earlier and no longer uses."
)
_NOT_REVOKED = (
    "The portal's former access token could not be revoked: delete “{name}” in CVAT (Profile, "
    "Security)."
)


@dataclass(frozen=True, slots=True)
class Server:
    """The CVAT server to sign in to."""

    url: str
    verify: bool | str = True
    timeout: tuple[float, float] = (5, 70)
    retries: Retries = INTERACTIVE

    def http(self, credential: Credential | None) -> Http:
        return Http(
            url=self.url,
            credential=credential,
            verify=self.verify,
            timeout=self.timeout,
            retries=self.retries,
            seconds=STEP_SECONDS,
        )


def _no_wait() -> None:
    """The default of `wait_for_turn`."""


def sign_in(
    server: Server, username: str, password: str, *, wait_for_turn: Callable[[], None] = _no_wait
) -> Credential:
    """The login key for a user name or e-mail address and password.

    `wait_for_turn` is called before each request without credentials, which CVAT limits (cvat-api
    1.7); it may raise. Raises CvatLoginRefused, CvatTimeout with status 429 beyond CVAT's limit,
    or another CvatError.
    """
    # A user name may look like an e-mail address, so it is tried as a user name first.
    names = ["username", "email"] if "@" in username else ["username"]
    with closing(server.http(None)) as http:
        for name in names:
            wait_for_turn()
            answer = _try(http, {name: username, "password": password})
            if answer is not None:
                key = reading.text(answer, "key")
                if not key:
                    raise CvatBroken(f"{http.place} accepts the password and gives no key for it.")
                return Credential(CredentialKind.LOGIN_TOKEN, key)
    raise CvatLoginRefused(
        f"{http.place} does not accept this user name and password "
        "(or the account is inactive or not yet confirmed).",
        status=400,
    )


def make_token(
    server: Server,
    key: Credential,
    *,
    name: str,
    days: int,
    read_only: bool = True,
    former_id: int | None = None,
    used_ids: Collection[int] = (),
) -> Login:
    """A new access token for `days` days in place of `former_id`.

    In an account with the largest number of tokens the former token is deleted first, or else the
    oldest one of the same name that is not among `used_ids`. If CVAT has no tokens, or refuses, the
    result holds the login key and a notice. Raises CvatError when CVAT does not answer.
    """
    with closing(server.http(key)) as http:
        try:
            login = _make(http, name, days, read_only=read_only)
        except CvatError as error:
            if error.status is None or error.status in (401, 429):
                raise
            unneeded, notice = _after_refusal(http, error, name, former_id, used_ids)
            if unneeded is None:
                login = Login(key, None, notice)
            else:
                _delete(http, unneeded)
                login = replace(_make(http, name, days, read_only=read_only), notice=notice)
        return _without_former(http, login, former_id, name)


def prolong_token(server: Server, key: Credential, *, token_id: int, days: int) -> None:
    """Move the end of an access token to `days` days from now. Raises CvatError."""
    with closing(server.http(key)) as http:
        http.patch(
            f"{_TOKENS}/{token_id}", subject="the access token", body={"expiry_date": _expiry(days)}
        )


def revoke_token(server: Server, key: Credential, *, token_id: int, name: str) -> str:
    """Revoke an access token. Returns a notice for its owner if that fails, else ""."""
    with closing(server.http(key)) as http:
        try:
            _delete(http, token_id)
        except CvatError as error:
            if error.status != 404:
                return _NOT_REVOKED.format(name=name)
    return ""


def _try(http: Http, body: dict[str, str]) -> Any | None:
    """The answer to a login; None if refused. CVAT's reason is dropped, because it may repeat the
    password."""
    try:
        return http.post("/api/auth/login", subject="the sign-in", body=body)
    except (CvatRejected, CvatForbidden, CvatUnauthorized) as error:
        if error.status in (400, 401, 403):
            return None
        status = error.status
    raise CvatBroken(
        f"{http.place} has no sign-in as CVAT has it (status {status}).", status=status
    )


def _make(http: Http, name: str, days: int, *, read_only: bool) -> Login:
    body = {"name": name, "expiry_date": _expiry(days), "read_only": read_only}
    answer = http.post(_TOKENS, subject="an access token", body=body)
    value = reading.text(answer, "value")
    if not value:
        raise CvatBroken(f"{http.place} gives no value for a new access token.", status=201)
    return Login(Credential(CredentialKind.ACCESS_TOKEN, value), reading.identifier(answer))


def _expiry(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def _after_refusal(
    http: Http, error: CvatError, name: str, former_id: int | None, used_ids: Collection[int]
) -> tuple[int | None, str]:
    """The token to delete so that there is room for a new one, and what to tell the owner."""
    if error.status in (404, 405):
        return None, _TOO_OLD
    if error.status != 400:
        return None, _NOT_MADE
    try:
        params = {"page_size": 10 * MOST_TOKENS}
        answer = http.get(_TOKENS, subject="the access tokens", params=params)
        own = reading.page(answer, reading.own_token).results
    except CvatError:
        return None, _NOT_MADE
    # An operator may have set another limit: then CVAT's words tell.
    if len(own) < MOST_TOKENS and not _IS_FULL.search(error.said):
        return None, _NOT_MADE
    if any(token.id == former_id for token in own):
        return former_id, ""
    unused = [token for token in own if token.name == name and token.id not in used_ids]
    if not unused:
        return None, _FULL.format(count=len(own))
    return min(unused, key=lambda token: token.last_used).id, _REPLACED


def _delete(http: Http, token_id: int) -> None:
    http.delete(f"{_TOKENS}/{token_id}", subject="the former access token")


def _without_former(http: Http, login: Login, former_id: int | None, name: str) -> Login:
    """Revoke the former token, with the login key: no token may revoke tokens (cvat-api 1.6)."""
    if former_id is None or former_id == login.access_token_id:
        return login
    try:
        _delete(http, former_id)
    except CvatError as error:
        if error.status != 404:  # 404: revoked already, or a server without tokens at all
            notice = f"{login.notice} {_NOT_REVOKED.format(name=name)}".strip()
            return replace(login, notice=notice)
    return login
