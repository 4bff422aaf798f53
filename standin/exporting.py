"""Begins exports, says how far they are, and sends their files (cvat-api 11)."""

from __future__ import annotations

from http import HTTPStatus

from standin.exports import FORMAT, Export
from standin.finding import find_task
from standin.formats import EXPORTED
from standin.messages import HTML, Answer, Refusal, Request, forbidden, json_answer, not_found_page
from standin.rights import may_see_task
from standin.site import Site


def task_export(request: Request, site: Site, number: int) -> Answer:
    """Begin an export, or name the one that runs (409)."""
    task, name = find_task(request, site, number), request.query.get("format")
    if name not in EXPORTED:
        raise Refusal(400, ["Unknown format specified for the request"])
    if name != FORMAT:
        return not_found_page()
    with_images = request.query.get("save_images") == "true"
    request_id = (
        f"action=export&target=task&target_id={task.id}&user_id={request.account.id}"
        f"&format={name.replace(' ', '_').replace('.', '~')}"
        f"&subresource={'dataset' if with_images else 'annotations'}"
    )
    began = site.exports.begin(Export(request_id, task, request.account, with_images), site.costs)
    status = HTTPStatus.ACCEPTED if began else HTTPStatus.CONFLICT
    return json_answer({"rq_id": request_id}, status=status)


def request_detail(request: Request, site: Site, request_id: str) -> Answer:
    """cvat-api 11.4: a creation is shown to whoever may see its task."""
    export, creation = site.exports.get(request_id), site.creations.get(request_id)
    found = export or creation
    if found is None:
        return Answer(404, b"There is no request with specified id", HTML)
    is_open = request.account.is_admin or (
        found.owner is request.account
        if creation is None
        else may_see_task(request.account, creation.task)
    )
    if not is_open:
        raise forbidden()
    return json_answer(found.to_json(request.base))


def task_download(request: Request, site: Site, number: int) -> Answer:
    task = find_task(request, site, number)
    export = site.exports.get(request.query.get("rq_id", ""))
    if export is None or export.task is not task or export.finished is None:
        raise Refusal(400, ["Unexpected request id format"])
    if export.owner is not request.account:
        raise forbidden()
    name = f"task_{task.id}_dataset_{export.finished:%Y_%m_%d_%H_%M_%S}_{FORMAT.lower()}.zip"
    disposition = ("Content-Disposition", f'attachment; filename="{name}"')
    return Answer(200, export.body, "application/zip", [disposition])
