"""The page on which annotations are copied into a task: look, decide, send."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.caching import cache_get, cache_set
from portal.exceptions import InvalidInput
from portal.pages import errors_shown_in
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.copying_form import CopyForm
from publishing.models import WritePermission
from selector.models import Connection

PAGE = "publishing/copying.html"
PLACES = ("source_connection", "source_task", "connection", "task")

# The file that a person looks at, so that it need not be chosen again to copy from it.
LOOKED_AT, LOOKED_AT_SECONDS = "file-to-copy-from:{person}", 3600


@never_cache
@require_http_methods(["GET", "POST"])
def copy(request: SignedInRequest) -> HttpResponse:
    connections = Connection.objects.for_user(request.user).accepted()
    if request.method == "GET":
        initial = {name: request.GET[name] for name in PLACES if name in request.GET}
        return render(request, PAGE, {"form": CopyForm(connections, initial=initial)})
    form = CopyForm(connections, request.POST, request.FILES)
    if not form.is_valid():
        file = form.cleaned_data.get("file")
        kept_file = _keep(request, file)[0] if file else request.POST.get("kept_file", "")
        return render(request, PAGE, {"form": form, "kept_file": kept_file}, status=400)
    given = form.cleaned_data
    kept_file = "" if given["file"] else given["kept_file"]
    context: dict[str, Any] = {"form": form, "kept_file": kept_file}
    with errors_shown_in(form) as outcome:
        source, kept_file = _source(request, form)
        options = form.options(source.name)
        context |= {"source": source, "kept_file": kept_file}
        check = services.check_copy(
            source=source,
            connection=given["connection"],
            task_id=given["task"],
            options=options,
        )
        context |= {
            "check": check,
            "permission": WritePermission.objects.of(check.connection),
            "undecided": check.undecided(options),
        }
        if "look" in request.POST:
            return render(request, PAGE, context)
        if "show" in request.POST:
            context["planned"] = [(change, "") for change in check.changes()]
            if not context["planned"]:
                messages.info(request, services.NOTHING_TO_COPY)
            return render(request, PAGE, context)
        publication = services.request_copy(user=request.user, check=check, options=options)
    if form.errors:
        return render(request, PAGE, context, status=outcome.status)
    messages.success(request, "The copy was requested. This page shows how far it is.")
    return redirect(publication)


def _source(request: SignedInRequest, form: CopyForm) -> tuple[services.CopySource, str]:
    """The task, or the file and by what it can be named from now on; of a file that was looked at
    before, the one that was kept."""
    given = form.cleaned_data
    if given["source_task"]:
        source = services.read_source(
            connection=given["source_connection"],
            task_id=given["source_task"],
            to_connection=given["connection"],
            to_task_id=given["task"],
        )
        return source, ""
    if file := given["file"]:
        digest, data = _keep(request, file)
        return services.read_file(user=request.user, name=file.name, data=data), digest
    digest, name, packed = cache_get(_key(request)) or ("", "", b"")
    if digest != given["kept_file"]:
        raise InvalidInput("The portal does not have the file any more. Choose it again.")
    data = zlib.decompress(packed)
    return services.read_file(user=request.user, name=name, data=data), digest


def _keep(request: SignedInRequest, file: UploadedFile[bytes]) -> tuple[str, bytes]:
    """Put the file into the cache. Returns by what it can be named from now on, and its content."""
    data = file.read()
    digest = hashlib.sha256(data).hexdigest()
    kept = (digest, file.name, zlib.compress(data, 1))
    cache_set({_key(request): kept}, LOOKED_AT_SECONDS)
    return digest, data


def _key(request: SignedInRequest) -> str:
    return LOOKED_AT.format(person=request.user.pk)
