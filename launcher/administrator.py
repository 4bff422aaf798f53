"""Create the first administrator."""

from __future__ import annotations

import secrets

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

NAME = "admin"


def ensure() -> str | None:
    """Create the first administrator and return the password. None if there is an administrator
    or an account of that name."""
    with transaction.atomic():
        if User.objects.filter(Q(is_superuser=True) | Q(username=NAME)).exists():
            return None
        password = secrets.token_urlsafe(12)
        User.objects.create_superuser(NAME, password=password)
    return password
