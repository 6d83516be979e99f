"""Writes the committed cases: `python -m tests.browser.conformance`, after a rule or a pack was changed on purpose."""

import gzip
import sys

from tests.browser.conformance.judging import COMMITTED, drawn, packs

SEED, CASES = 20_261_138, 2_000

if __name__ == "__main__":
    text = "".join(f"{line}\n" for line in drawn(packs(), SEED, CASES))
    COMMITTED.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    sys.stdout.write(f"{COMMITTED.name}: {CASES} cases, {COMMITTED.stat().st_size} bytes\n")
