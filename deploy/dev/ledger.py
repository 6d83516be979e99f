"""`run.json`: the processes that a run has started, for `make status` and for the next run, which ends leftovers.

A supervisor that was killed with -9 leaves at most processes recorded here; the next start ends exactly
those (pid and start time must both match, and the machine must not have been restarted since).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import IO

from deploy.dev.child import Identity, gone, signal_group
from deploy.dev.failure import StartError
from deploy.dev.vault import CLEAN, read_json, write_json


def boot_id() -> str:
    """Return the kernel's id of this boot; start times count from it."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def facts(path: Path) -> dict[str, object]:
    """Return the facts that the run noted; empty if there was no run."""
    return {name: value for name, value in read_json(path, CLEAN).items() if name not in ("boot", "processes")}


def lock_folder(data: Path) -> IO[str]:
    """Lock the data folder for this process; raises StartError if another run holds it."""
    handle = (data / "lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.seek(0)
        owner = handle.read().strip() or "?"
        handle.close()
        raise StartError(
            f"Sudah berjalan di {data} (pid {owner}); hentikan dulu atau pakai ILP_DATA_DIR lain"
            f" / already running on this folder; stop it or choose another ILP_DATA_DIR"
        ) from None
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


class Ledger:
    """The file of one run: processes by name, and facts that other commands need (addresses, ports).

    What an earlier run left stays recorded until `clear_leftovers` has ended it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._processes = {name: _entry(identity, sig) for name, identity, sig in living(path)}
        self._facts: dict[str, object] = {}

    def note(self, **facts: object) -> None:
        """Add facts of the run, such as the addresses of its processes."""
        self._facts.update(facts)
        self._write()

    def record(self, name: str, pid: int, sig: signal.Signals = signal.SIGTERM) -> None:
        """Store a started process and the signal that ends it cleanly."""
        identity = Identity.of(pid)
        if identity is not None:
            self._processes[name] = _entry(identity, sig)
            self._write()

    def forget(self, name: str) -> None:
        """Remove a process that has ended."""
        if self._processes.pop(name, None) is not None:
            self._write()

    def _write(self) -> None:
        write_json(self._path, {"boot": boot_id(), "processes": self._processes, **self._facts})

    async def clear_leftovers(self, grace: float = 10) -> list[str]:
        """End the processes that an earlier run left; return the names of those that were alive."""
        left = living(self._path)
        for _, identity, sig in left:
            with suppress(PermissionError):
                signal_group(identity.pid, sig)
        await asyncio.gather(*(self._finish(identity, grace) for _, identity, _ in left))
        self._processes.clear()
        self._write()
        return [name for name, _, _ in left]

    @staticmethod
    async def _finish(identity: Identity, grace: float) -> None:
        if await gone(identity, grace) or not identity.alive:
            return
        with suppress(PermissionError):
            signal_group(identity.pid, signal.SIGKILL)
        if not await gone(identity, 5):
            raise StartError(
                f"Proses lama {identity.pid} tidak dapat dihentikan; hentikan sendiri, lalu ulangi"
                f" / process {identity.pid} of an earlier run cannot be ended; end it and try again"
            )


def _entry(identity: Identity, sig: signal.Signals) -> dict[str, int]:
    return {"pid": identity.pid, "started": identity.started, "signal": int(sig)}


def living(path: Path) -> list[tuple[str, Identity, signal.Signals]]:
    """Return the recorded processes that still run, with the signal that ends each cleanly."""
    content = read_json(path, CLEAN)
    processes = content.get("processes")
    if content.get("boot") != boot_id() or not isinstance(processes, dict):
        return []
    identities = []
    for name, entry in processes.items():
        identity = Identity(int(entry["pid"]), int(entry["started"]))
        if identity.alive:
            identities.append((str(name), identity, signal.Signals(int(entry["signal"]))))
    return identities
