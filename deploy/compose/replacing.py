"""Files of a compose project, replaced in one step: a container that reads one meanwhile has the former or the new one.

A running container keeps what it has until its next start.
"""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(path: Path, content: bytes, mode: int, *, owner: int | None = None, durable: bool = False) -> None:
    """Write or replace a file with a mode and, given one, an owner; a durable one is on the disk then.

    Raises OSError, for another owner without root.
    """
    draft = path.with_name(f"{path.name}.new" if path.name.startswith(".") else f".{path.name}")
    draft.unlink(missing_ok=True)  # of a run that was cut; it would keep the mode that it has
    draft.touch(mode=0o600)
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        if durable:
            os.fsync(file.fileno())
    if owner is not None:
        os.chown(draft, owner, owner)
    draft.chmod(mode)
    draft.replace(path)
