"""Debian's Prometheus and its promtool: found, or installed through apt where that is allowed.

Where they can be neither found nor installed, the tests that need them are skipped with that reason; in CI they fail.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.support import apt

PACKAGE = "prometheus"


def provide(program: str) -> Path:
    """Return `prometheus` or `promtool`, installed now where it was missing; skips the test otherwise."""
    path = shutil.which(program)
    refusal = "" if path else apt.install([PACKAGE])
    path = path or shutil.which(program)
    if path is None:
        reason = f"{program} tidak ada / is missing: {refusal or 'apt installed nothing usable'}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return Path(path)
