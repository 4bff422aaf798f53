"""Login, logout, users and personal access tokens."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from standin import objects
from standin.auth import cookies_of, find_by_password, unauthorized
from standin.lists import Listing, listed
from standin.messages import Answer, Refusal, Request, forbidden, json_answer, missing
from standin.model import AccessToken, User, iso
from standin.rights import may_see_user
from standin.site import Site

LONGEST_NAME = 50  # characters of the name of an access token (schema)
TOKENS_PER_USER = 50

USERS = Listing[User](
    fields={
        "id": lambda u: u.id,
        "username": lambda u: u.username,
        "first_name": lambda u: u.first_name,
        "last_name": lambda u: u.last_name,
        "is_active": lambda u: u.is_active,
    },
    search=("username", "first_name", "last_name"),
)
TOKENS = Listing[AccessToken](
    fields={
        "id": lambda t: t.id,
        "name": lambda t: t.name,
        "created_date": lambda t: iso(t.created_date),
    },
    search=("name",),
    is_of_members=False,
)


def login(request: Request, site: Site) -> Answer:
    body = request.json()
    names = body if isinstance(body, dict) else {}
    username, email = str(names.get("username") or ""), str(names.get("email") or "")
    password = str(names.get("password") or "")
    if not password or not (username or email):
        text = 'Must include either "username" or "email" and "password".'
        raise Refusal(400, [text])
    user = find_by_password(site, password, username, email)
    if user is None:
        site.costs.spend(site.costs.wrong_login)
        text = "Unable to log in with provided credentials."
        raise Refusal(400, {"non_field_errors": [text]})
    site.costs.spend(site.costs.login)
    user.last_login = datetime.now(UTC)
    answer = json_answer({"key": site.world.login_token(user)})
    answer.headers.extend(_session_cookies(user, site))
    return answer


def _session_cookies(user: User, site: Site) -> list[tuple[str, str]]:
    session = secrets.token_hex(16)
    site.world.sessions[session] = user
    return [
        _cookie("csrftoken", secrets.token_hex(16), 31449600, "; Path=/; SameSite=Lax"),
        _cookie("sessionfresh", "1", 86400, "; Path=/; SameSite=Lax", "; HttpOnly"),
        _cookie("sessionid", session, 1209600, "; Path=/; SameSite=Lax", "; HttpOnly"),
    ]


def _cookie(name: str, value: str, age: int, end: str, flag: str = "") -> tuple[str, str]:
    moment = datetime.now(UTC) + timedelta(seconds=age) if age else datetime(1970, 1, 1, tzinfo=UTC)
    expires = format_datetime(moment, usegmt=True)
    return "Set-Cookie", f"{name}={value}; expires={expires}{flag}; Max-Age={age}{end}"


def logout(request: Request, site: Site) -> Answer:
    """Deletes the login token of the user, whatever the scheme of the request."""
    answer = json_answer({"detail": "Successfully logged out."})
    if request.user is not None:
        site.world.drop_login_token(request.user)
    if request.scheme == "session":
        site.world.sessions.pop(cookies_of(request).get("sessionid", ""), None)
        for name in ("sessionfresh", "sessionid"):
            answer.headers.append(_cookie(name, '""', 0, "; Path=/; SameSite=Lax"))
    return answer


def user_self(request: Request, site: Site) -> Answer:
    return json_answer(objects.user_full(request.account, request.base))


def user_detail(request: Request, site: Site, number: int) -> Answer:
    user = site.world.users.get(number)
    if user is None:
        raise missing("User")
    asker = request.account
    if asker.is_admin or asker is user:
        return json_answer(objects.user_full(user, request.base))
    return json_answer(objects.user_brief(user, request.base))


def user_list(request: Request, site: Site) -> Answer:
    asker = request.account
    seen = [
        u for u in list(site.world.users.values()) if may_see_user(asker, u, request.organization)
    ]
    show = objects.user_full if asker.is_admin else objects.user_brief
    return listed(request, site, USERS, seen, lambda user: show(user, request.base))


# -- access tokens ------------------------------------------------------------------------------


def _own_tokens(request: Request, site: Site) -> list[AccessToken]:
    now = datetime.now(UTC)
    tokens = list(site.world.access_tokens.values())
    return [token for token in tokens if token.owner is request.user and token.usable(now)]


def token_list(request: Request, site: Site) -> Answer:
    own = _own_tokens(request, site)
    return listed(request, site, TOKENS, own, lambda t: objects.access_token(t, request.base))


def _expiry(body: dict[str, object]) -> datetime | None:
    given = body.get("expiry_date")
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError:
        text = (
            "Datetime has wrong format. Use one of these formats instead: "
            "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
        )
        raise Refusal(400, {"expiry_date": [text]}) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def token_create(request: Request, site: Site) -> Answer:
    if request.token is not None:
        raise forbidden()
    body = request.json()
    if not body.get("name"):
        text = "This field may not be blank." if "name" in body else "This field is required."
        raise Refusal(400, {"name": [text]})
    if len(str(body["name"])) > LONGEST_NAME:
        text = f"Ensure this field has no more than {LONGEST_NAME} characters."
        raise Refusal(400, {"name": [text]})
    if len(_own_tokens(request, site)) >= TOKENS_PER_USER:
        text = "You have reached the maximum allowed number of Personal Access Tokens for a user"
        raise Refusal(400, [text])  # read in cvat/apps/access_tokens/serializers.py
    token = site.world.access_token(
        request.account,
        str(body["name"]),
        read_only=bool(body.get("read_only", True)),
        expiry_date=_expiry(body),
    )
    shown = objects.access_token(token, request.base)
    return json_answer({**shown, "value": token.value}, status=201)


def token_self(request: Request, site: Site) -> Answer:
    if request.token is None:
        raise unauthorized("Authentication credentials were not provided.", "Bearer")
    return json_answer(objects.access_token(request.token, request.base))


def _token(request: Request, site: Site, number: int) -> AccessToken:
    for token in _own_tokens(request, site):
        if token.id == number:
            return token
    raise missing("AccessToken")


def token_detail(request: Request, site: Site, number: int) -> Answer:
    return json_answer(objects.access_token(_token(request, site, number), request.base))


def token_change(request: Request, site: Site, number: int) -> Answer:
    if request.token is not None:
        raise forbidden()
    token, body = _token(request, site, number), request.json()
    token.name = str(body.get("name", token.name))
    token.read_only = bool(body.get("read_only", token.read_only))
    if "expiry_date" in body:
        token.expiry_date = _expiry(body)
    token.updated_date = datetime.now(UTC)
    return json_answer(objects.access_token(token, request.base))


def token_revoke(request: Request, site: Site, number: int) -> Answer:
    if request.token is not None:
        raise forbidden()
    _token(request, site, number).revoked = True
    return Answer(204, b"", None)
