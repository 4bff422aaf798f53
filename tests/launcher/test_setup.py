from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from launcher import administrator
from portal.models import ApiToken


def test_first_administrator_can_sign_in(db: None) -> None:
    password = administrator.ensure()

    made = User.objects.get(username="admin")
    assert made.is_superuser
    assert made.is_staff
    assert made.check_password(password)


def test_there_is_no_second_one(admin: User) -> None:
    assert administrator.ensure() is None
    assert User.objects.count() == 1
    admin.refresh_from_db()
    assert admin.check_password("admin-portal-password")


def test_a_person_called_admin_is_left_alone(db: None) -> None:
    User.objects.create_user("admin", password="a-person's-own")

    assert administrator.ensure() is None
    assert not User.objects.get(username="admin").is_superuser


def test_setup_shows_the_password_once(db: None) -> None:
    first, second = StringIO(), StringIO()
    call_command("setup", stdout=first)
    call_command("setup", stdout=second)

    assert "/accounts/password/" in first.getvalue()
    assert second.getvalue() == ""


def test_api_token_from_the_command_line(alice: User) -> None:
    out = StringIO()
    call_command("api_token", "alice", "--read-only", stdout=out)

    token = ApiToken.objects.find(out.getvalue().strip())
    assert token is not None
    assert token.owner == alice
    assert token.read_only


def test_api_token_makes_a_user_only_when_told_to(db: None) -> None:
    with pytest.raises(CommandError, match="There is no user carol"):
        call_command("api_token", "carol")

    call_command("api_token", "carol", "--create-user", stdout=StringIO())
    assert not User.objects.get(username="carol").has_usable_password()
