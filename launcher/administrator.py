"""The first administrator, without whom nobody could sign in."""

from __future__ import annotations

import secrets

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

NAME = "admin"


def ensure() -> str | None:
    """Make the first administrator and return its password; None if there is one already.

    Somebody else's account of that name is left alone.
    """
    with transaction.atomic():
        if User.objects.filter(Q(is_superuser=True) | Q(username=NAME)).exists():
            return None
        password = secrets.token_urlsafe(12)
        User.objects.create_superuser(NAME, password=password)
    return password
