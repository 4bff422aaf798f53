"""Background work: what a person asks for and a worker does later.

A kind of work is a model that inherits `Work`, with the name of its Celery task in `task`. The task
is one call of `running.take_turn`. Recovery, fair turns, the tray and the API of works read all
kinds from Django's registry of models, so a new kind needs nothing else.
"""
