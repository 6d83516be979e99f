"""What containers may leave behind on a machine: compared before and after."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = (
    "conmon",
    "crun",
    "podman",
    "buildah",
    "netavark",
    "aardvark-dns",
    "catatonit",
    "slirp4netns",
    "rootlessport",
)
FOLDERS = ("/run/netns", "/run/containers", "/run/libpod", "/run/crun", "/etc/containers/networks", "/var/lib/cni")


@dataclass(frozen=True)
class Remains:
    """Links, rules of the firewall, mounts, processes of container programs, and files where these keep their state."""

    links: frozenset[str]
    rules: frozenset[str]
    mounts: frozenset[str]
    processes: frozenset[int]
    files: frozenset[str]


def remains() -> Remains:
    """Return what is there now."""
    return Remains(
        links=frozenset(path.name for path in Path("/sys/class/net").iterdir()),
        rules=frozenset(_rules()),
        mounts=frozenset(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()),
        processes=frozenset(_processes()),
        files=frozenset(str(path) for folder in FOLDERS for path in Path(folder).glob("*")),
    )


def _rules() -> list[str]:
    """Return the rules that this machine's firewall has, without counters and times."""
    rules = []
    for program in ("iptables-save", "ip6tables-save"):
        done = subprocess.run([program], capture_output=True, text=True, check=False)
        rules += [line for line in done.stdout.splitlines() if line.startswith("-A")]
    return rules


def _processes() -> list[int]:
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name = (entry / "comm").read_text().strip()
            except OSError:
                continue  # it has ended just now
            if name in PROGRAMS:
                pids.append(int(entry.name))
    return pids
