"""Settings, URLs and the Celery application, which shared tasks bind to."""

from config.celery import app as celery_app

__all__ = ("celery_app",)
