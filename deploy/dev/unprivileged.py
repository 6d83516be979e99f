"""The account of PostgreSQL's programs: they refuse to run as root.

They run as `postgres` (or `nobody`). Where that user cannot reach the programs or the data, for instance in a
checkout below /root, they keep one capability (dac_override, by util-linux' setpriv) that opens the path to
them; no folder's mode is ever changed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.failure import StartError


@dataclass(frozen=True)
class Account:
    """The account that runs the server; without a value, that of this process."""

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    def own(self, folder: Path) -> None:
        """Create a folder of mode 0700 that belongs to this account."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if os.geteuid() == 0:
            owner = server_user()
            os.chown(folder, owner.pw_uid, owner.pw_gid)


def server_user() -> pwd.struct_passwd:
    """Return the system user that replaces root."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise StartError(
        "PostgreSQL menolak root dan pengguna `postgres`/`nobody` tidak ada; jalankan sebagai pengguna biasa"
        " / PostgreSQL refuses root; run as an ordinary user"
    )


def choose_account(binaries: Path, folder: Path) -> Account:
    """Return the account for these programs and this parent folder of the data; each candidate is tried."""
    if os.geteuid() != 0:
        return Account()
    user = server_user()
    plain = Account(user.pw_uid, user.pw_gid)
    if _reaches(plain, binaries, folder):
        return plain
    setpriv = shutil.which("setpriv")
    if setpriv is not None:
        # without the secure bit access(2), by which initdb looks for postgres, ignores the capability
        caps = ("--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
        ids = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
        wrapped = Account(prefix=(setpriv, *ids, *caps, "--pdeathsig=INT"))
        if _reaches(wrapped, binaries, folder):
            return wrapped
    raise StartError(
        f"Pengguna {user.pw_name} tidak mencapai {binaries} atau {folder}; pindahkan proyek, mis. ke /srv"
        f" / user {user.pw_name} cannot reach them; move the project, e.g. to /srv"
    )


def _reaches(account: Account, binaries: Path, folder: Path) -> bool:
    probe = [*account.prefix, "/bin/sh", "-c", 'cd "$1" && "$2" --version', "sh", str(folder)]
    try:
        done = subprocess.run(
            [*probe, str(binaries / "postgres")],
            cwd="/",
            capture_output=True,
            check=False,
            user=account.uid,
            group=account.gid,
            extra_groups=None if account.uid is None else [],
        )
    except OSError:
        return False
    return done.returncode == 0
