"""`manage.py api_token alice`: issue an API token on the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management import BaseCommand, CommandError

from portal.models import ApiToken


class Command(BaseCommand):
    help = "Issue an API token for a user and print it. It is shown only this time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="made on the command line")
        parser.add_argument("--days", type=int, help="lifetime in days; default: no end")
        parser.add_argument("--read-only", action="store_true")
        parser.add_argument(
            "--create-user",
            action="store_true",
            help="create the user if there is none, without a password to sign in with",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["username"]
        owner = User.objects.filter(username=name).first()
        if owner is None and not options["create_user"]:
            raise CommandError(f"There is no user {name}. --create-user makes one.")
        _, value = ApiToken.objects.issue(
            owner=owner or User.objects.create_user(name),
            name=options["name"],
            days=options["days"],
            read_only=options["read_only"],
        )
        self.stdout.write(value)
