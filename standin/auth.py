"""Authentication: the four schemes, in the order in which CVAT tries them (cvat-api 1.1)."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from standin.messages import Refusal, Request
from standin.model import AccessToken, User
from standin.site import Site

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


def unauthorized(text: str, scheme: str = "Token") -> Refusal:
    return Refusal(401, {"detail": text}, WWW_Authenticate=scheme)


def cookies_of(request: Request) -> dict[str, str]:
    try:
        jar = SimpleCookie(request.headers.get("Cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def authenticate(request: Request, site: Site) -> None:
    """Set the user, token and scheme of the request; leaves all empty for anonymous callers.

    Raises Refusal 401 for bad credentials, 403 for a session without CSRF proof.
    """
    keyword, _, rest = request.headers.get("Authorization", "").strip().partition(" ")
    keyword = keyword.lower()
    if keyword == "token":
        request.user, request.scheme = _by_login_token(_single(rest, "token"), site), "token"
    elif keyword == "bearer" and site.access_tokens:
        request.token = _by_access_token(_single(rest, "token"), site)
        request.user, request.scheme = request.token.owner, "bearer"
    elif (user := _by_session(request, site)) is not None:
        check_csrf(request)
        request.user, request.scheme = user, "session"
    elif keyword == "basic":
        request.user, request.scheme = _by_password(_single(rest, "basic"), site), "basic"


def _single(value: str, kind: str) -> str:
    value = value.strip()
    if not value:
        raise unauthorized(f"Invalid {kind} header. No credentials provided.")
    if " " in value:
        what = "Token string" if kind == "token" else "Credentials string"
        raise unauthorized(f"Invalid {kind} header. {what} should not contain spaces.")
    return value


def _active(user: User) -> User:
    if not user.is_active:
        raise unauthorized("User inactive or deleted.")
    return user


def _by_login_token(key: str, site: Site) -> User:
    user = site.world.login_tokens.get(key)
    if user is None:
        raise unauthorized("Invalid token.")
    return _active(user)


def _by_access_token(value: str, site: Site) -> AccessToken:
    now = datetime.now(UTC)
    for token in list(site.world.access_tokens.values()):
        if token.value == value and token.usable(now):
            _active(token.owner)
            token.last_used_date = token.last_used_date or now
            return token
    raise unauthorized("Invalid token.")


def _by_session(request: Request, site: Site) -> User | None:
    user = site.world.sessions.get(cookies_of(request).get("sessionid", ""))
    return user if user is not None and user.is_active else None


def _by_password(encoded: str, site: Site) -> User:
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise unauthorized(
            "Invalid basic header. Credentials not correctly base64 encoded."
        ) from None
    username, _, password = decoded.partition(":")
    site.costs.spend(site.costs.basic)
    user = find_by_password(site, password, username=username)
    if user is None:
        raise unauthorized("Invalid username/password.")
    return user


def find_by_password(site: Site, password: str, username: str = "", email: str = "") -> User | None:
    """The active user with these credentials."""
    for user in list(site.world.users.values()):
        named = user.username == username if username else user.email == email
        if named and user.is_active and user.password == password:
            return user
    return None


def check_csrf(request: Request) -> None:
    """Django's rules for unsafe methods with a session cookie. Raises Refusal 403."""
    if request.method in SAFE_METHODS:
        return
    _check_origin(request)
    expected = cookies_of(request).get("csrftoken")
    given = request.headers.get("X-CSRFToken")
    if not expected:
        raise _csrf_failed("CSRF cookie not set.")
    if not given:
        raise _csrf_failed("CSRF token missing.")
    if given != expected:
        raise _csrf_failed("CSRF token from the 'X-Csrftoken' HTTP header incorrect.")


def _check_origin(request: Request) -> None:
    scheme = request.headers.get("X-Forwarded-Proto", "http")
    host = request.headers.get("Host", "")
    origin = request.headers.get("Origin")
    if origin is not None:
        if origin != f"{scheme}://{host}":
            text = f"Origin checking failed - {origin} does not match any trusted origins."
            raise _csrf_failed(text)
        return
    if scheme != "https":
        return
    referer = request.headers.get("Referer")
    if referer is None:
        raise _csrf_failed("Referer checking failed - no Referer.")
    if urlsplit(referer).netloc != host:
        text = f"Referer checking failed - {referer} does not match any trusted origins."
        raise _csrf_failed(text)


def _csrf_failed(reason: str) -> Refusal:
    return Refusal(403, {"detail": f"CSRF Failed: {reason}"})
