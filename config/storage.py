"""Storage of static files, whose names change with their content."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also renames what scripts import: else a browser may mix old modules with new ones."""

    support_js_module_import_aggregation = True

    def url_converter(self, *args: Any, **kwargs: Any) -> Callable[[re.Match[str]], str]:
        """Django's, which leaves `import("../htmx")` alone: it is a type in a comment of htmx."""
        convert = super().url_converter(*args, **kwargs)

        def converter(match: re.Match[str]) -> str:
            is_import = match["matched"].startswith("import(")
            if is_import and not match["url"].endswith(".js"):
                return match["matched"]
            return str(convert(match))

        return converter
