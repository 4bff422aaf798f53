"""Static files under names that change with their content."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    # What scripts import gets such a name too: else a browser may mix old modules with new ones.
    support_js_module_import_aggregation = True
