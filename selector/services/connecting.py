"""Connecting to a CVAT server, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from selector import attempts
from selector.cvat.client import log_in
from selector.cvat.exceptions import CvatLoginRefused, CvatUnauthorized
from selector.cvat.links import normalize_url
from selector.cvat.types import Credential, CredentialKind, Login
from selector.exceptions import InvalidInput, NotConnected, NotFound, ServerNotAllowed
from selector.models import ApiToken, Connection


@dataclass(frozen=True, slots=True)
class Connected:
    connection: Connection
    notice: str


@sensitive_variables()
def connect(
    *,
    owner: User,
    url: str = "",
    username: str = "",
    password: str = "",
    access_token: str = "",
    organization: str = "",
    name: str = "",
) -> Connected:
    """Try the account on the server and keep the access, or renew what is kept already.

    Without url, username and secret those of the environment serve; its secret goes to its own
    server and for its own user only. Raises InvalidInput, ServerNotAllowed, TooManyAttempts,
    CvatError.
    """
    url = _server(url)
    organization = organization.strip() or (
        settings.CVAT_ORGANIZATION if url == _default_url() else ""
    )
    username = username.strip() or (settings.CVAT_USERNAME if url == _default_url() else "")
    password, access_token = _secret(url, username, password.strip("\r\n"), access_token.strip())
    kept = Connection.objects.for_user(owner).filter(url=url, organization=organization).first()
    connection = kept or Connection(owner=owner, url=url, organization=organization)
    with attempts.counted(owner, url):
        login = _log_in(connection, username, password, access_token)
        _take_over(connection, login)
    connection.name = (name.strip() or connection.name or _default_name(connection))[:100]
    _keep(connection)
    return Connected(connection, login.notice)


@sensitive_variables()
def _log_in(connection: Connection, username: str, password: str, access_token: str) -> Login:
    if access_token:
        return Login(Credential(CredentialKind.ACCESS_TOKEN, access_token), None)
    return log_in(
        url=connection.url,
        username=username,
        password=password,
        verify=settings.CVAT_CA_BUNDLE or True,
        token_name=f"CVAT Image Selector ({connection.owner.username})",
        token_days=settings.CVAT_TOKEN_DAYS,
        previous_token_id=connection.access_token_id,
        check=lambda key: _check_organization(connection, key),
    )


def _take_over(connection: Connection, login: Login) -> None:
    # With an access token of the user's own the one the portal made cannot be revoked now; its id
    # stays, for the next password.
    connection.access_token_id = login.access_token_id or connection.access_token_id
    try:
        _check_organization(connection, login.credential)
        with connection.client() as client:
            connection.username = client.whoami().username
            connection.server_version = client.server_version()[:50]
    except CvatUnauthorized as error:
        raise _refused(connection, error) from None


def _refused(connection: Connection, error: CvatUnauthorized) -> CvatLoginRefused:
    """What the client says is meant for a stored access; this one was typed just now."""
    if error.status is None:
        return CvatLoginRefused(str(error))
    return CvatLoginRefused(
        f"{connection.url} does not accept this access token: it is wrong, expired or revoked.",
        status=error.status,
    )


def _keep(connection: Connection) -> None:
    connection.verified_at = timezone.now()
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError:  # connected twice in the same moment: the later one counts
        same = Connection.objects.filter(url=connection.url, organization=connection.organization)
        connection.pk = same.get(owner=connection.owner).pk
        connection.save(force_update=True)


def _default_name(connection: Connection) -> str:
    host = urlsplit(connection.url).netloc
    return f"{host} · {connection.organization}" if connection.organization else host


def _check_organization(connection: Connection, credential: Credential) -> None:
    """Give the connection a credential, unless its account is not in the organization."""
    connection.credential = credential.value
    connection.credential_kind = Connection.Kind(credential.kind.value)
    slug = connection.organization
    if not slug:
        return
    with connection.client() as client:
        known = sorted(organization.slug for organization in client.organizations())
    if slug not in known:
        hint = f"Yours are: {', '.join(known)}." if known else "Your account is in none."
        raise InvalidInput(f"CVAT knows no organization “{slug}” for this account. {hint}")


def _default_url() -> str:
    default = settings.CVAT_URL or settings.STANDIN_URL
    return normalize_url(default) if default else ""


def _server(url: str) -> str:
    """The address as kept, checked against the operator's list."""
    if not url.strip() and not _default_url():
        raise InvalidInput("Which CVAT server? Give its address, such as https://cvat.example.com.")
    try:
        wanted = normalize_url(url) if url.strip() else _default_url()
    except ValueError as error:
        raise InvalidInput(str(error)) from None
    allowed = [normalize_url(each) for each in settings.CVAT_ALLOWED_URLS if each]
    if wanted not in allowed:
        raise ServerNotAllowed(
            f"{wanted} is not among the CVAT servers this portal may connect to "
            f"({', '.join(allowed) or 'none is listed'}). "
            "Ask the operator of the portal to add it to CVAT_ALLOWED_URLS."
        )
    return wanted


@sensitive_variables()
def _secret(url: str, username: str, password: str, access_token: str) -> tuple[str, str]:
    """The password or the access token to use; the environment's only where they belong."""
    if password or access_token:
        if password and not username:
            raise InvalidInput("A password needs a user name.")
        return ("", access_token) if access_token else (password, "")
    own = bool(settings.CVAT_URL) and url == normalize_url(settings.CVAT_URL)
    if own and username == settings.CVAT_USERNAME:
        if settings.CVAT_ACCESS_TOKEN:
            return "", settings.CVAT_ACCESS_TOKEN
        if settings.CVAT_PASSWORD:
            return settings.CVAT_PASSWORD, ""
    raise InvalidInput("Give a user name and password, or an access token of your CVAT account.")


def find_connection(*, user: User, connection_id: int | None = None) -> Connection:
    """The user's connection with this id, or the one used last. Raises NotFound, NotConnected."""
    connections = Connection.objects.for_user(user)
    if connection_id is not None:
        chosen = connections.filter(pk=connection_id).first()
        if chosen is None:
            raise NotFound(f"You have no connection {connection_id}.")
    else:
        chosen = connections.default() or connections.first()
        if chosen is None:
            raise NotConnected("You are not connected to a CVAT server yet. Connect first.")
    if chosen.needs_reconnect:
        raise NotConnected(
            f"CVAT no longer accepts the stored access of “{chosen.name}”. Connect again; "
            "your selections are kept."
        )
    return chosen


def disconnect(*, connection: Connection) -> None:
    """Forget the access. Selections and archives stay; CVAT's token lasts until it expires."""
    connection.delete()


def revoke_token(*, token: ApiToken) -> None:
    """Scripts that use the token are refused from now on."""
    token.delete()
