"""The repository as a whole: vendored files, requirements, links of the documents, nothing of one machine."""

import hashlib
import re
import subprocess
from pathlib import Path

import orjson
import pytest

from tests.architecture.sources import ROOT

LOCKS = sorted(p for folder in ("services", "shared") for p in (ROOT / folder).rglob("vendor.lock.json"))
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(p for folder in ("services", "shared", "deploy") for p in (ROOT / folder).rglob("*.md"))]
)
_LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
_KINDS = ("*.py", "*.md", "*.toml", "*.yaml", "*.yml", "*.json", "*.txt", "*.html", "*.js", "*.css", "Makefile")


def relative(path: Path) -> str:
    """Return a path below the root, for messages."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("lock", LOCKS, ids=relative)
def test_vendored_files_are_the_ones_that_were_checked(lock: Path) -> None:
    stated = {
        (Path(name).name, digest)
        for package in orjson.loads(lock.read_bytes())
        for name, digest in package["files"].items()
    }
    present = {
        (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in lock.parent.rglob("*")
        if path.is_file() and path != lock
    }
    assert present == stated
    assert all(package["licence"] and package["version"] for package in orjson.loads(lock.read_bytes()))


def test_every_vendor_folder_has_a_lock() -> None:
    folders = {p for folder in ("services", "shared") for p in (ROOT / folder).rglob("vendor") if p.is_dir()}
    assert {folder for folder in folders if not (folder / "vendor.lock.json").is_file()} == set()
    assert LOCKS


def test_requirements_name_no_place_and_lock_every_hash() -> None:
    files = sorted((ROOT / "deploy" / "requirements").glob("*.txt"))
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert "://" not in text, relative(path)
        pinned = re.findall(r"^[a-z0-9][^\n=]*==[^\n]*", text, re.MULTILINE)
        assert pinned, relative(path)
        assert all(line.rstrip().endswith("\\") for line in pinned), relative(path)
        assert text.count("--hash=sha256:") >= len(pinned), relative(path)


def test_the_resolver_lock_with_its_addresses_is_not_kept() -> None:
    assert "uv.lock" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True)
        assert [path for path in listed.stdout.splitlines() if path.endswith("uv.lock")] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_links_of_documents_resolve(document: Path) -> None:
    links = [link for link in _LINK.findall(document.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_readme_leads_to_the_decisions() -> None:
    links = _LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert [link for link in links if link.startswith("shared/adr")]


def test_nothing_refers_to_the_place_where_it_was_made() -> None:
    # Written in pieces, so that this file does not match itself.
    machine = re.compile(
        "/" + r"work/(main|shared)\b|\.\./" + r"shared/(architecture|style|limits|reliability|ux|domain|data)"
    )
    findings = []
    for kind in _KINDS:
        for folder in (".", "services", "shared", "deploy", "tests"):
            paths = (ROOT / folder).glob(kind) if folder == "." else (ROOT / folder).rglob(kind)
            findings += [relative(p) for p in paths if p.is_file() and machine.search(p.read_text(encoding="utf-8"))]
    assert findings == []


def test_makefile_targets_are_short_and_explained() -> None:
    targets = re.split(r"\n(?=[a-z-]+:)", (ROOT / "Makefile").read_text(encoding="utf-8"))[1:]
    assert targets
    for target in targets:
        head, *body = target.strip().splitlines()
        assert " ## " in head
        assert len([line for line in body if line.startswith("\t")]) <= 3, head
