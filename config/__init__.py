"""Settings, URLs and the Celery application, which shared tasks bind to."""

import gc

from config.celery import app as celery_app

__all__ = ("celery_app",)

# What is loaded lasts as long as the process: to look for garbage in it meanwhile takes a quarter
# of what the start of a process takes. ConfigConfig.ready() ends this.
gc.disable()
