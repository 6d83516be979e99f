"""Packs load only where every golden case comes out: what changes a rule is noticed before anything is judged."""

from pathlib import Path

import pytest

from ilp_screening.packs.loader import load_library

SITE = Path(__file__).parent / "site"


@pytest.mark.parametrize("site", [None, SITE], ids=["packaged", "site"])
def test_every_pack_loads(site: Path | None) -> None:
    assert len(load_library.__wrapped__(site).all) >= 4
