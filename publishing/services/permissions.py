"""The permission to write in CVAT through a connection: given by its owner, and withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.debug import sensitive_variables

from cvat import login
from cvat.exceptions import CvatForbidden, CvatLoginRefused, CvatUnauthorized
from cvat.types import Credential, CredentialKind
from portal.exceptions import InvalidInput
from publishing.models import WritePermission
from selector.cvat_requests import ANSWER_SECONDS, waiting_place
from selector.models import Connection
from selector.services.connections import login_key, token_name
from selector.sign_in_limits import refusals_counted

NO_ACCESS_GIVEN = (
    "Give the password of this CVAT account, or an access token that may write (made in CVAT under "
    "Profile, Security)."
)
BOTH_GIVEN = "Give the password or an access token, not both: one of them would not be used."
READ_ONLY = (
    "This access token may only read. Make one in CVAT (Profile, Security) with “Read only” "
    "switched off, or give the password instead."
)
REMAINS = (
    "The access token “{name}” stays in your CVAT account until it expires: delete it there under "
    "Profile, Security."
)


@dataclass(frozen=True, slots=True)
class GivenPermission:
    """`notice` is what the owner should know or do, or ""."""

    permission: WritePermission
    notice: str = ""


@dataclass(frozen=True, slots=True)
class _Access:
    credential: Credential
    expires_at: datetime
    token_id: int | None = None
    notice: str = ""


def may_write_already(connection: Connection) -> bool:
    """Whether the stored access may write by itself, and is its owner's: the account of the
    installation is lent to everybody, to read."""
    is_key = connection.credential_kind == Connection.Kind.LOGIN_TOKEN
    return is_key and not connection.installation_account


@sensitive_variables()
def give_permission(
    *, connection: Connection, password: str = "", access_token: str = ""
) -> GivenPermission:
    """Let the portal write through the connection for CVAT_WRITE_TOKEN_DAYS.

    The password is used once, to make an access token of the portal that may write. A connection
    that has the login key of its owner, because its server has no access tokens, needs no secret:
    that key may write. Replaces an earlier permission. Raises InvalidInput, also for a password and
    a token at once, TooManyAttempts, TooManySignIns, CvatError.
    """
    connection.check_allowed()
    password, access_token = password.strip("\r\n"), access_token.strip()
    if password and access_token:
        raise InvalidInput(BOTH_GIVEN)
    with waiting_place(connection), refusals_counted(connection.owner, connection.url):
        if access_token:
            access = _with_token(connection, access_token)
        elif password:
            access = _with_password(connection, password)
        elif may_write_already(connection):
            access = _Access(connection.get_credential(), _latest_end())
        else:
            raise InvalidInput(NO_ACCESS_GIVEN)
    with transaction.atomic():
        permission, _ = WritePermission.objects.update_or_create(
            connection=connection,
            defaults={
                "credential": access.credential.value,
                "credential_kind": Connection.Kind(access.credential.kind.value),
                "access_token_id": access.token_id,
                "given_at": timezone.now(),
                "expires_at": access.expires_at,
            },
        )
    return GivenPermission(permission, access.notice)


@sensitive_variables()
def withdraw_permission(*, permission: WritePermission, password: str = "") -> str:
    """Delete the permission. With the password, its access token is revoked in CVAT as well, which
    no token may do (cvat-api 1.6). Returns a notice for the owner, or "". Raises TooManyAttempts,
    TooManySignIns, CvatError, and keeps the permission then."""
    connection, token_id = permission.connection, permission.access_token_id
    name = _name(connection)
    notice = ""
    if token_id is not None and password:
        connection.check_allowed()
        server = _server(connection)
        with waiting_place(connection), refusals_counted(connection.owner, connection.url):
            key = login_key(server, connection.username, password.strip("\r\n"))
            notice = login.revoke_token(server, key, token_id=token_id, name=name)
    elif token_id is not None and permission.is_usable:
        notice = REMAINS.format(name=name)
    permission.delete()
    return notice


@sensitive_variables()
def _with_password(connection: Connection, password: str) -> _Access:
    server = _server(connection)
    key = login_key(server, connection.username, password)
    _check_account(connection, key)
    former = WritePermission.objects.filter(connection=connection).first()
    token = login.make_token(
        server,
        key,
        name=_name(connection),
        days=settings.CVAT_WRITE_TOKEN_DAYS,
        read_only=False,
        former_id=former.access_token_id if former else None,
        used_ids=_used_tokens(connection),
    )
    return _Access(token.credential, _latest_end(), token.access_token_id, token.notice)


@sensitive_variables()
def _with_token(connection: Connection, access_token: str) -> _Access:
    credential = Credential(CredentialKind.ACCESS_TOKEN, access_token)
    try:
        _check_account(connection, credential)
        with connection.client(credential=credential, seconds=ANSWER_SECONDS) as client:
            token = client.own_token()
    except (CvatUnauthorized, CvatForbidden) as error:
        raise CvatLoginRefused(
            f"{connection.url} does not accept this access token: it is wrong, expired or revoked.",
            status=error.status,
        ) from None
    if token.read_only:
        raise InvalidInput(READ_ONLY)
    end = parse_datetime(token.expiry_date) if token.expiry_date else None
    return _Access(credential, min(end, _latest_end()) if end else _latest_end())


@sensitive_variables()
def _check_account(connection: Connection, credential: Credential) -> None:
    """Raises InvalidInput when the credential is of another CVAT user than the connection's."""
    with connection.client(credential=credential, seconds=ANSWER_SECONDS) as client:
        username = client.whoami().username
    if username != connection.username:
        raise InvalidInput(
            f"This is the account {username}, and the connection is that of {connection.username}. "
            "Give the access of the same account, or connect as the other one."
        )


def _used_tokens(connection: Connection) -> set[int]:
    """The ids of the access tokens on this server that other permissions use."""
    others = WritePermission.objects.filter(
        connection__url=connection.url, access_token_id__isnull=False
    )
    ids = others.exclude(connection=connection).values_list("access_token_id", flat=True)
    return {number for number in ids if number is not None}


def _name(connection: Connection) -> str:
    return token_name(connection, ", may write")


def _server(connection: Connection) -> login.Server:
    return login.Server(connection.url, verify=settings.CVAT_CA_BUNDLE or True)


def _latest_end() -> datetime:
    return timezone.now() + timedelta(days=settings.CVAT_WRITE_TOKEN_DAYS)
