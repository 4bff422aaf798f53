from __future__ import annotations

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    """Provides archives with the results of publications."""

    name = "publishing"
    verbose_name = "Publications"

    def ready(self) -> None:
        # Only now: these modules need the models of all apps.
        from publishing.services.archive_results import PublicationResults  # noqa: PLC0415
        from selections.archives import results  # noqa: PLC0415

        results.provide(PublicationResults())
