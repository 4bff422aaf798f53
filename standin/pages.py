"""Where CVAT's own pages would be: links from the portal into CVAT end here."""

from __future__ import annotations

from html import escape

from standin.messages import HTML, Answer, Request
from standin.site import Site

_PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Stand-in for CVAT</title>
  <style>body {{ font: 1rem/1.5 sans-serif; max-width: 40rem; margin: 4rem auto; }}</style>
</head>
<body>
  <h1>Stand-in for CVAT</h1>
  <p>{text}</p>
  <p>It has no pages of its own, only the API that the portal uses.</p>
</body>
</html>
"""


def page(request: Request, site: Site) -> Answer:
    """Says what the real server would show at this address."""
    where = request.path.strip("/")
    if frame := request.query.get("frame"):
        where += f", frame {frame}"
    text = f"A real CVAT would show {where} here." if where else "The server is running."
    return Answer(200, _PAGE.format(text=escape(text)).encode(), HTML)
