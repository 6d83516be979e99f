"""`make cluster-test`: the manifests before a real API server and scheduler, built from source where they are missing.

Exit code 1 on a failure. It is a part of `make test-all`.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.dev.config import ROOT
from tests.cluster import tools
from tests.runner.counts import Counts
from tests.runner.progress import Progress

STEP = "cluster"


def main() -> int:
    """Build, test, and note the outcome."""
    progress = Progress.of_environment(os.environ)
    if progress.passed(STEP):
        return 0
    if tools.main([]) != 0:
        progress.done(STEP, Counts(failed=1))
        return 1
    with tempfile.TemporaryDirectory(prefix="ilp-cluster-") as folder:
        report = Path(folder) / "cluster.xml"
        options = ["-q", f"--junitxml={report}", f"--basetemp={Path(folder) / 'tests'}"]
        ended = subprocess.run([sys.executable, "-m", "pytest", *options, "tests/cluster"], cwd=ROOT, check=False)
        counts = Counts.read(report, ended.returncode)
    progress.done(STEP, counts)
    print(counts.line)
    return int(bool(counts.failed))


if __name__ == "__main__":
    sys.exit(main())
