"""`make bench-pages`: measure the pages; prints a table and writes benchmarks/pages.json.

The workspace in Chromium with a task of 100,000 frames against a stand-in with the costs of the
measured server; the other pages on the server, with 10,000 selections in the database.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import browsing
from benchmarks.server import Server
from benchmarks.web import PEOPLE, Web
from benchmarks.world import HUNDRED_THOUSAND, PHOTO, pages_world

RESULTS = Path(__file__).with_name("pages.json")
CHUNKS = 8
TURNS = 5
BOUNDS = {
    "first_thumbnails_s": (1.2, "at most"),
    "interaction_p95_ms": (100, "at most"),
    "scroll_frame_mean_ms": (50, "at most"),
    "heap_growth_mb": (10, "at most"),
    "thumbnails_per_s": (100, "at least"),
    "cvat_requests_per_chunk": (1, "at most"),
    "thousand_tasks_ratio": (2, "at most"),
    "thousand_tasks_requests": (2, "at most"),
    "slowest_page_ms": (300, "at most"),
}


def viewers(server: Server, web: Web) -> float:
    """Requests to CVAT for each cold chunk whose thumbnails several people request at once."""
    sessions = [web.sign_in(name) for name in PEOPLE]
    catalogs = [
        session.get(f"{web.url}/api/catalog", params={"task_id": PHOTO}, timeout=60).json()
        for session in sessions
    ]
    jobs = [job["id"] for job in catalogs[0]["jobs"]][:CHUNKS]
    server.fresh()

    def look(place: int) -> None:
        session = sessions[place % len(sessions)]
        job = jobs[place // len(sessions)]
        session.get(f"{web.url}/api/jobs/{job}/thumbnails/0", timeout=120).raise_for_status()

    with ThreadPoolExecutor(len(sessions) * 2) as pool:
        list(pool.map(look, range(len(jobs) * len(sessions))))
    return server.requests(r"/data/?$") / len(jobs)


def pages(web: Web) -> dict[str, dict[str, float]]:
    """Median milliseconds on the server and number of queries, for each page but the workspace."""
    from django.contrib.auth.models import User  # noqa: PLC0415  (needs the settings)
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username=PEOPLE[0]))
    measured = {}
    for path in _paths(web):
        times, queries = [], 0
        for _ in range(TURNS):
            with CaptureQueriesContext(connection) as captured:
                started = time.perf_counter()
                answer = client.get(path)
                b"".join(answer)  # a list that is streamed makes its queries here
                times.append((time.perf_counter() - started) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
            queries = len(captured)
        measured[path] = {"ms": round(statistics.median(times), 1), "queries": queries}
    return measured


def _paths(web: Web) -> list[str]:
    one = f"/selections/{web.selection.pk}"
    asked = (
        "search=round+99",
        "search=100",
        "task=100",
        "method=manual",
        "order=frames",
        "page=100",
    )
    lists = ["/selections/", *(f"/selections/?{query}" for query in asked), one]
    rest = ["/selections/archives", "/connections", "/tokens", "/accounts/password/"]
    return [*lists, *rest, "/choose", "/api/selections", "/api/selections?search=99"]


def main() -> int:
    with Server(pages_world) as server, Web(server.url) as web:
        server.fresh()
        with browsing.chromium() as browser:
            results: dict[str, Any] = dict(
                browsing.measure(
                    browser, web.url, task=HUNDRED_THOUSAND, connection=web.first_connection
                )
            )
            results |= browsing.projects(browser, server, web.url)
        results["cvat_requests_per_chunk"] = viewers(server, web)
        results["pages"] = pages(web)
    results["slowest_page_ms"] = max(page["ms"] for page in results["pages"].values())
    for name, (bound, direction) in BOUNDS.items():
        sys.stdout.write(f"{name:28} {results[name]:9.2f}   ({direction} {bound})\n")
    for path, page in results["pages"].items():
        sys.stdout.write(f"  {path:36} {page['ms']:7.1f} ms  {page['queries']:3} queries\n")
    results["machine"] = {"cores": os.cpu_count(), "python": platform.python_version()}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
