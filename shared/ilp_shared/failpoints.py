"""Failpoints: named lines of code where a test kills or freezes the process, `ILP_FAILPOINT=relay.after_send:kill:3`.

The number is the hit on which it fires. Unset (always, in production), `hit` costs one comparison.
"""

import os
import signal
from collections import Counter

_SPEC = os.environ.get("ILP_FAILPOINT", "")
_hits: Counter[str] = Counter()
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def hit(name: str) -> None:
    """Send this process the signal of its failpoint, if `name` is armed and this is the chosen hit."""
    if not _SPEC:
        return
    armed, action, at = _SPEC.split(":")
    _hits[name] += 1
    if name == armed and _hits[name] == int(at):
        os.kill(os.getpid(), _SIGNALS[action])
