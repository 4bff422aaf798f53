"""Settings, URLs and the Celery application, which shared tasks bind to."""

import gc

from config.celery import app as celery_app

__all__ = ("celery_app",)

# What is loaded lasts as long as the process. To look for garbage in it took a third of the
# processor time of a start. ConfigConfig.ready() enables the collector again.
gc.disable()
