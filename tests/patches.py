"""Replacements of Django's methods in all tests: faster ones, and one that must not empty the Redis
of a whole run."""

from __future__ import annotations

from types import SimpleNamespace

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache.backends.redis import RedisCache
from django.db import connection
from django.test import Client, TransactionTestCase


def apply() -> None:
    RedisCache.clear = _refuse_to_clear
    Client.force_login = _force_login
    if connection.vendor == "sqlite":
        TransactionTestCase._should_reload_connections = _reload_nothing


def _refuse_to_clear(cache: RedisCache) -> None:
    raise AssertionError("It would empty the Redis of all processes of the run: empty_cache().")


def _force_login(client: Client, user: User, backend: str | None = None) -> None:
    """A session as after a sign-in, written once. Django's own signs in, which writes the
    session three times, the time of the sign-in and rows of axes."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = backend or settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    client._set_login_cookies(SimpleNamespace(session=session))


def _reload_nothing(case: TransactionTestCase) -> bool:
    """False. Django opens new connections after each test that commits, because a rollback may have
    undone the statements of their start; with SQLite it undoes none."""
    return False
