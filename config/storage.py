"""Static files under names that change with their content."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    # What scripts import gets such a name too: else a browser may mix old modules with new ones.
    support_js_module_import_aggregation = True

    def url_converter(self, *args: Any, **kwargs: Any) -> Callable[[re.Match[str]], str]:
        """As Django's, but `import("../htmx")` is a type in a comment of htmx, and no script."""
        convert = super().url_converter(*args, **kwargs)

        def converter(found: re.Match[str]) -> str:
            is_import = found["matched"].startswith("import(")
            if is_import and not found["url"].endswith(".js"):
                return found["matched"]
            return str(convert(found))

        return converter
