"""Show errors that people cause on pages, for all apps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase

from portal.exceptions import Explained, http_status, retry_headers
from portal.signed_in import SignedInRequest

P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]
Page = Callable[Concatenate[SignedInRequest, P], HttpResponse]


def errors_shown_on(page: Page[P]) -> Callable[[View[P]], View[P]]:
    """Decorator: after an error answer with `page`, which is called with the arguments of the view
    and shows the error as a message. The answer has the status of the error."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def answer(
            request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            try:
                return view(request, *args, **kwargs)
            except Explained as error:
                messages.error(request, str(error), extra_tags=error.code)
                response = page(request, *args, **kwargs)
                response.status_code = http_status(error)
                for name, value in retry_headers(error).items():
                    response[name] = value
                return response

        return answer

    return decorate


@dataclass(slots=True)
class Outcome:
    """Status and headers of the answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def errors_shown_in(form: forms.BaseForm) -> Iterator[Outcome]:
    """Add an error to the form, and yield the status and headers to answer with."""
    outcome = Outcome()
    try:
        yield outcome
    except Explained as error:
        form.add_error(None, str(error))
        outcome.status = http_status(error)
        outcome.headers = retry_headers(error)
