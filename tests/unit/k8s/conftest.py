"""A folder for secrets, which nothing is left in."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def secrets() -> Iterator[Path]:
    """Provide a folder that the test leaves nothing in: there are private keys."""
    with TemporaryDirectory() as folder:
        yield Path(folder)
