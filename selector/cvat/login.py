"""A password exchanged, once, for something that can be kept (api-facts 1).

Never logs out: that would delete the key that other programs of the user hold.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from selector.cvat import reading
from selector.cvat.exceptions import (
    CvatBroken,
    CvatError,
    CvatForbidden,
    CvatLoginRefused,
    CvatNotFound,
    CvatRejected,
    CvatUnauthorized,
)
from selector.cvat.http import INTERACTIVE, Http, Retries
from selector.cvat.types import Credential, CredentialKind, Login

_TOKENS = "/api/auth/access_tokens"
_TOO_OLD = (
    "This CVAT has no access tokens (they came with version 2.48). The portal keeps the login key "
    "instead: it ends when you sign out of CVAT, then connect again."
)
_NOT_MADE = (
    "CVAT did not let the portal make an access token of its own (perhaps there are too many in "
    "your account). The portal keeps the login key instead: it ends when you sign out of CVAT, "
    "then connect again."
)
_NOT_REVOKED = "The portal's former access token could not be revoked: remove it in CVAT."


def log_in(
    *,
    url: str,
    username: str,
    password: str,
    verify: bool | str = True,
    token_name: str,
    token_days: int,
    previous_token_id: int | None = None,
    check: Callable[[Credential], None] | None = None,
    timeout: tuple[float, float] = (5, 70),
    retries: Retries = INTERACTIVE,
) -> Login:
    """Logs in and makes a read-only access token for `token_days` days, in place of
    `previous_token_id`. Where CVAT has none, or refuses, the login key is what is kept and
    `notice` says so. `check` may raise with the login key, before anything is made or revoked.
    Raises CvatLoginRefused, or another CvatError."""

    def connect(credential: Credential | None) -> Http:
        return Http(
            url=url,
            credential=credential,
            verify=verify,
            timeout=timeout,
            pool_size=1,
            retries=retries,
        )

    with closing(connect(None)) as anonymous:
        key = _key(anonymous, username, password)
    if check is not None:
        check(key)
    with closing(connect(key)) as http:
        login = _access_token(http, key, token_name, token_days)
        return _without_previous(http, login, previous_token_id)


def _key(http: Http, username: str, password: str) -> Credential:
    """The key of a login. An address is tried as a user name first: CVAT allows it as one."""
    names = ["username", "email"] if "@" in username else ["username"]
    for name in names:
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


def _try(http: Http, body: dict[str, str]) -> Any | None:
    """None when refused. What CVAT says about it is dropped: it may repeat what was sent."""
    try:
        return http.post("/api/auth/login", subject="the sign-in", body=body)
    except (CvatRejected, CvatForbidden, CvatUnauthorized) as error:
        if error.status in (400, 401, 403):
            return None
        status = error.status
    raise CvatBroken(
        f"{http.place} has no sign-in as CVAT has it (status {status}).", status=status
    )


def _access_token(http: Http, key: Credential, name: str, days: int) -> Login:
    expiry = datetime.now(UTC) + timedelta(days=days)
    body = {"name": name, "expiry_date": expiry.isoformat(), "read_only": True}
    try:
        answer = http.post(_TOKENS, subject="an access token", body=body)
    except CvatError as error:
        if error.status is None or error.status in (401, 429):
            raise
        is_older = error.status in (404, 405)
        return Login(key, None, _TOO_OLD if is_older else _NOT_MADE)
    value = reading.text(answer, "value")
    if not value:
        return Login(key, None, _NOT_MADE)
    return Login(Credential(CredentialKind.ACCESS_TOKEN, value), reading.identifier(answer))


def _without_previous(http: Http, login: Login, previous_token_id: int | None) -> Login:
    """Revoked with the fresh key: a token may not revoke tokens."""
    if previous_token_id is None or previous_token_id == login.access_token_id:
        return login
    try:
        http.delete(f"{_TOKENS}/{previous_token_id}", subject="the former access token")
    except CvatNotFound:
        pass
    except CvatError as error:
        if error.status != 404:  # a server without tokens at all
            notice = f"{login.notice} {_NOT_REVOKED}".strip()
            return Login(login.credential, login.access_token_id, notice)
    return login
