"""The page that makes a selection of a list of frames."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.pages import errors_shown_in
from portal.signed_in import SignedInRequest
from selections import services
from selections.import_form import ImportForm
from selector.services.connections import find_connection

MOST_TOLD = 1000  # entries that do not match; the API tells more


@require_http_methods(["GET", "HEAD", "POST"])
def import_list(request: SignedInRequest) -> HttpResponseBase:
    """The form; what is posted is saved if every entry matches, or if the rest may be left out."""
    if request.method != "POST":
        return _page(request, ImportForm(user=request.user))
    form = ImportForm(request.POST, request.FILES, user=request.user)
    imported = None
    with errors_shown_in(form) as outcome:
        if form.is_valid():
            imported = _import(request, form.cleaned_data)
    if imported is not None and imported.selection is not None:
        messages.success(request, _in_words(imported))
        return redirect(imported.selection)
    response = _page(request, form, imported)
    response.status_code = outcome.status if imported is None else 200
    for name, value in outcome.headers.items():
        response[name] = value
    return response


def _import(request: SignedInRequest, data: dict[str, Any]) -> services.Imported:
    connection = data["connection"]
    return services.import_list(
        user=request.user,
        connection=find_connection(
            user=request.user, connection_id=connection.pk if connection else None
        ),
        text=data["text"],
        task_ids=data["tasks"],
        name=data["name"],
        saves_partly=data["saves_partly"],
    )


def _in_words(imported: services.Imported) -> str:
    """Such as “12 frames are saved; 2 entries did not match and 1 was named twice.”"""
    one = imported.matched == 1
    text = f"{imported.matched:,} {'frame is' if one else 'frames are'} saved"
    if imported.unmatched:
        text += f"; {len(imported.unmatched):,} of the list did not match"
    if imported.repeated:
        text += f"; {imported.repeated:,} of the list repeated others"
    return f"{text}. {imported.remark}".strip()


def _page(
    request: SignedInRequest, form: ImportForm, imported: services.Imported | None = None
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "imported": imported}
    if imported is not None:
        context["told"] = imported.unmatched[:MOST_TOLD]
        context["counts"] = Counter(each.reason.value for each in imported.unmatched)
    return render(request, "selections/import.html", context)
