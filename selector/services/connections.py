"""Connect to CVAT servers, find the connection to use, disconnect."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from cvat import login
from cvat.exceptions import CvatError, CvatLoginRefused, CvatTimeout, CvatUnauthorized
from cvat.links import normalize_url
from cvat.types import Credential, CredentialKind
from portal.compiled_queries import rows_for
from portal.exceptions import InvalidInput, NotConnected, NotFound, TooManySignIns
from selector import servers
from selector.cvat_requests import ANSWER_SECONDS, waiting_place
from selector.models import Connection
from selector.own_connections import default_or_first
from selector.sign_in_limits import WINDOW, SignInQueue, refusals_counted

logger = logging.getLogger(__name__)

STILL_WORKS = "The access stored earlier still works and stays in use."
RENEWED = "A new access replaces the one stored earlier."


@dataclass(frozen=True, slots=True)
class Connected:
    """`text` says what happened; `notice` what the owner should know or do, or ""."""

    connection: Connection
    text: str
    notice: str


@dataclass(frozen=True, slots=True)
class _Access:
    """The account and its secret: typed, or taken from the environment."""

    username: str
    password: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    is_installation: bool = False


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
    """Try the account on the server and store an access to it.

    Another CVAT user on the same server is another connection. For the same user a stored access
    that still works stays. What is left out comes from the environment; its secret is sent to its
    own server and for its own user only. Raises InvalidInput, ServerNotAllowed, TooManyAttempts,
    TooManySignIns, CvatError.
    """
    url = _server(url)
    is_default = url == servers.default()
    organization = organization.strip() or (settings.CVAT_ORGANIZATION if is_default else "")
    username = username.strip() or (settings.CVAT_USERNAME if is_default else "")
    access = _access(url, username, password.strip("\r\n"), access_token.strip())
    tried = Connection(owner=owner, url=url, organization=organization)
    with waiting_place(tried), refusals_counted(owner, url):
        if access.password:
            connection, text, notice = _with_password(tried, access)
        else:
            connection, text, notice = _with_token(tried, access.access_token)
    connection.installation_account = (
        servers.installation_account(url) if access.is_installation else ""
    )
    connection.name = (name.strip() or connection.name or _default_name(connection))[:100]
    _save(connection)
    text = f"Connected to {connection.url} as {connection.username}. {text}".strip()
    return Connected(connection, text, notice)


@sensitive_variables()
def _with_password(tried: Connection, access: _Access) -> tuple[Connection, str, str]:
    """The connection with a working access, what happened to it, and the notice."""
    server = login.Server(tried.url, verify=settings.CVAT_CA_BUNDLE or True)
    key = login_key(server, access.username, access.password)
    _look_up(tried, key)
    stored = _stored(tried)
    if stored is not None:
        # Otherwise nobody could connect, as their own, an account that the operator has withdrawn.
        stored.installation_account = ""
    if stored is not None and _works(stored):
        notice = _prolong(server, key, stored)
        return stored, STILL_WORKS, notice
    connection = stored or tried
    new = login.make_token(
        server,
        key,
        name=token_name(connection),
        days=settings.CVAT_TOKEN_DAYS,
        former_id=connection.access_token_id,
        used_ids=_used_tokens(connection),
    )
    _put(connection, new.credential)
    connection.access_token_id = new.access_token_id
    if access.is_installation and new.notice:
        logger.warning("%s, the account of the installation: %s", tried.url, new.notice)
        return connection, RENEWED if stored else "", ""
    return connection, RENEWED if stored else "", new.notice


@sensitive_variables()
def login_key(server: login.Server, username: str, password: str) -> Credential:
    """Sign in, in the queue of all people of the portal. Raises TooManySignIns, CvatError."""
    queue = SignInQueue(server.url)
    try:
        return login.sign_in(server, username, password, wait_for_turn=queue.wait)
    except CvatTimeout as error:
        if error.status != 429:
            raise
        wait = error.retry_after or WINDOW
    queue.close(wait)
    raise TooManySignIns(server.url, seconds=math.ceil(wait))


@sensitive_variables()
def _with_token(tried: Connection, access_token: str) -> tuple[Connection, str, str]:
    credential = Credential(CredentialKind.ACCESS_TOKEN, access_token)
    try:
        _look_up(tried, credential)
    except CvatUnauthorized as error:
        raise _refused(tried, error) from None
    stored = _stored(tried)
    if stored is None:
        return tried, "", ""
    text = "" if stored.credential == access_token else RENEWED
    # An access token that the portal made itself cannot be revoked without the password; its id
    # is stored until somebody signs in with the password.
    _put(stored, credential)
    return stored, text, ""


@sensitive_variables()
def _look_up(tried: Connection, credential: Credential) -> None:
    """Fill in credential, user name and server version. Raises InvalidInput when the account is not
    in the organization, CvatError."""
    _put(tried, credential)
    with tried.client(seconds=ANSWER_SECONDS) as client:
        tried.username = client.whoami().username
        tried.server_version = client.server_version()[:50]
        if not tried.organization:
            return
        known = sorted(organization.slug for organization in client.organizations())
    if tried.organization not in known:
        hint = f"Yours are: {', '.join(known)}." if known else "Your account is in none."
        raise InvalidInput(
            f"CVAT knows no organization “{tried.organization}” for this account. {hint}"
        )


def _stored(tried: Connection) -> Connection | None:
    """The owner's stored connection to this server, organization and CVAT user."""
    same = Connection.objects.for_user(tried.owner).filter(
        url=tried.url, organization=tried.organization, username=tried.username
    )
    stored = same.first()
    if stored is not None:
        stored.server_version = tried.server_version
    return stored


def _works(connection: Connection) -> bool:
    """Whether CVAT accepts the stored access token, and for this user. A login key does not count:
    the server may issue access tokens by now, which last longer."""
    if connection.credential_kind != Connection.Kind.ACCESS_TOKEN:
        return False
    try:
        with connection.client(seconds=ANSWER_SECONDS) as client:
            return client.whoami().username == connection.username
    except CvatUnauthorized:
        return False


@sensitive_variables()
def _prolong(server: login.Server, key: Credential, stored: Connection) -> str:
    """Prolong the stored access token if the portal made it; else revoke the unused one that the
    portal made before. Returns the notice for the owner, or ""."""
    token_id = stored.access_token_id
    if token_id is None:
        return ""
    try:
        with stored.client(seconds=ANSWER_SECONDS) as client:
            is_own = client.own_token().id == token_id
        if is_own:
            login.prolong_token(server, key, token_id=token_id, days=settings.CVAT_TOKEN_DAYS)
            return ""
    except CvatError as error:
        logger.info("the access token of connection %s is not prolonged: %s", stored.pk, error)
        return ""
    stored.access_token_id = None
    return login.revoke_token(server, key, token_id=token_id, name=token_name(stored))


def _used_tokens(connection: Connection) -> set[int]:
    """The ids of the access tokens on this server that other connections of the portal use."""
    others = Connection.objects.filter(url=connection.url, access_token_id__isnull=False)
    return {
        number
        for number in others.exclude(pk=connection.pk).values_list("access_token_id", flat=True)
        if number is not None
    }


def token_name(connection: Connection, addition: str = "") -> str:
    """What the access tokens of the portal are called in the person's CVAT account; the user name
    is cut so that the whole name is no longer than CVAT takes."""
    username = connection.owner.username
    name = f"CVAT Image Selector ({{}}){addition}"
    room = login.LONGEST_TOKEN_NAME - len(name.format(""))
    return name.format(username if len(username) <= room else f"{username[: room - 1]}…")


def _put(connection: Connection, credential: Credential) -> None:
    connection.credential = credential.value
    connection.credential_kind = Connection.Kind(credential.kind.value)


def _refused(connection: Connection, error: CvatUnauthorized) -> CvatLoginRefused:
    """The error for an access token that was typed just now; the client's is for a stored one."""
    if error.status is None:
        return CvatLoginRefused(str(error))
    return CvatLoginRefused(
        f"{connection.url} does not accept this access token: it is wrong, expired or revoked.",
        status=error.status,
    )


def _save(connection: Connection) -> None:
    connection.verified_at = timezone.now()
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError:  # connected twice at the same moment: the later one counts
        same = Connection.objects.filter(
            url=connection.url,
            organization=connection.organization,
            username=connection.username,
        )
        connection.pk = same.get(owner=connection.owner).pk
        connection.save(force_update=True)


def _default_name(connection: Connection) -> str:
    host = urlsplit(connection.url).netloc
    return f"{host} · {connection.organization}" if connection.organization else host


def _server(url: str) -> str:
    """The normalized address, which the operator's list must contain."""
    if not url.strip() and not servers.default():
        raise InvalidInput("Which CVAT server? Give its address, such as https://cvat.example.com.")
    try:
        wanted = normalize_url(url) if url.strip() else servers.default()
    except ValueError as error:
        raise InvalidInput(str(error)) from None
    servers.check_allowed(wanted)
    return wanted


@sensitive_variables()
def _access(url: str, username: str, password: str, access_token: str) -> _Access:
    """The given secret, else that of the environment for its own server and user."""
    if password or access_token:
        if password and not username:
            raise InvalidInput("A password needs a user name.")
        if access_token:
            return _Access(username, access_token=access_token)
        return _Access(username, password=password)
    if not servers.is_installation_account(url, username):
        raise InvalidInput(
            "Give a user name and password, or an access token of your CVAT account."
        )
    token = settings.CVAT_ACCESS_TOKEN
    password = "" if token else settings.CVAT_PASSWORD
    return _Access(username, password=password, access_token=token, is_installation=True)


def find_connection(*, user: User, connection_id: int | None = None) -> Connection:
    """The user's connection with this id, or the one used last. Raises NotFound, NotConnected."""
    if connection_id is not None:
        chosen = Connection.objects.for_user(user).filter(pk=connection_id).first()
        if chosen is None:
            raise NotFound(f"You have no connection {connection_id}.")
    else:
        chosen = default_or_first(rows_for(user, Connection.objects.for_user))
        if chosen is None:
            raise NotConnected("You are not connected to a CVAT server yet. Connect first.")
    if chosen.needs_reconnect:
        raise NotConnected(
            f"CVAT no longer accepts the stored access of “{chosen.label}”. Connect again; "
            "your selections are kept."
        )
    return chosen


def disconnect(*, connection: Connection) -> None:
    """Delete the access. Selections and archives stay; CVAT's token lasts until it expires."""
    connection.delete()
