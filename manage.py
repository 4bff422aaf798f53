#!/usr/bin/env python
"""Django's command line."""

from __future__ import annotations

import os
import signal
import sys

from django.core.management import execute_from_command_line

from config import envfile

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["serve"]:
        # Ctrl-C ends the process at once, until `serve` has started something.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Before the settings are read, because they require the keys.
    if sys.argv[1:2] in (["serve"], ["setup"]) and envfile.complete(envfile.path()):
        sys.stdout.write(f"Wrote {envfile.path()} with new keys; keep it safe.\n")
    execute_from_command_line(sys.argv)
