"""`manage.py setup`: prepare all that the portal needs before it runs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.urls import reverse

from launcher import addresses, administrator, static_files


class Command(BaseCommand):
    help = (
        "Prepare the portal: .env with generated keys (embedded set-up only), database, static "
        "files, and a first administrator. Can be repeated."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in (settings.VAR_DIR, settings.ARCHIVES_DIR, settings.SPOOL_DIR):
            folder.mkdir(parents=True, exist_ok=True)
        call_command("migrate", interactive=False, verbosity=0)
        static_files.collect()
        password = administrator.ensure()
        if password:
            self.stdout.write(
                f"\nCreated the first administrator. The password is shown only this time:\n\n"
                f"    user name  {administrator.NAME}\n"
                f"    password   {password}\n\n"
                f"Change it at {addresses.portal_url()}{reverse('password_change')}. If it is "
                f"lost, `manage.py changepassword {administrator.NAME}` sets another.\n"
            )
