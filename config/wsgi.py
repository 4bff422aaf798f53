"""The WSGI application."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from portal.body_guard import BodyGuard

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = BodyGuard(get_wsgi_application())
