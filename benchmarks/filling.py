"""The people of the load benchmark in the database of a portal that runs."""

from __future__ import annotations

import django
from django.conf import settings
from django.db import connections


def fill(cvat_url: str, count: int) -> list[str]:
    """People with a connection each; their API tokens."""
    django.setup()
    from django.contrib.auth.models import User  # noqa: PLC0415  (needs the settings)

    from portal.models import ApiToken  # noqa: PLC0415
    from selector.models import Connection  # noqa: PLC0415
    from selector.services.connections import connect  # noqa: PLC0415

    people = User.objects.bulk_create(User(username=f"person{n}") for n in range(count))
    first = connect(owner=people[0], url=cvat_url, **settings.STANDIN_ACCOUNT).connection
    for person in people[1:]:
        # One account of CVAT for all: what is measured is the portal, not 200 sign-ins.
        Connection.objects.create(
            **{
                field.attname: getattr(first, field.attname)
                for field in Connection._meta.fields
                if field.name not in ("id", "owner")
            },
            owner=person,
        )
    tokens = [ApiToken.objects.issue(owner=person, name="load")[1] for person in people]
    connections.close_all()
    return tokens
