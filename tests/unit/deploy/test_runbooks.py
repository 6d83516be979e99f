"""The runbooks: a page for every alert, in one form and both languages, with commands that a shell understands."""

import re
import subprocess
from pathlib import Path

import pytest

from deploy.dev.config import SERVICES
from deploy.observability.rules import RUNBOOKS
from deploy.observability.slo import catalogue
from tests.architecture.sources import ROOT
from tests.runbooks.catalogue import BREAKING, UNBROKEN
from tests.support.runbooks import FOLDER, SECTIONS, Page
from tests.unit.deploy.test_alerts import alerts, exported

NAMES = catalogue().names
_METRIC = re.compile(r"\b(?:ilp|node)_[a-z_]+\b")
_LINK = re.compile(r"\]\(([^)#]+)(?:#([^)]+))?\)")
_LEAST_WORDS = 15
_SHARED_ENDINGS = ("_sum", "_count", "_total", "")


def faults(page: Page) -> list[str]:
    """Return what a page lacks."""
    if tuple(page.sections) != SECTIONS:
        return ["sections"]
    lacking = [title for title in (SECTIONS[0], SECTIONS[1], SECTIONS[3]) if len(page.words(title)) != 2]
    if any(len(text.split()) < _LEAST_WORDS for text in page.words(SECTIONS[3])):
        lacking.append("few words")
    if len(page.first) != 3 or not page.prove:
        lacking.append("commands")
    return lacking


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} - {"README"} == set(NAMES)
    assert all((ROOT / rule["annotations"]["runbook"]).is_file() for rule in alerts())
    assert FOLDER == ROOT / RUNBOOKS


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_all_in_both_languages(name: str) -> None:
    assert faults(Page.read(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_shell_understands_the_commands(name: str) -> None:
    page = Page.read(name)
    script = "\n".join([*page.first, *page.fix, *page.prove])
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    page = Page.read(name)
    text = "\n".join(words for title in SECTIONS for words in page.words(title))
    for path, part in _LINK.findall(text):
        target = (FOLDER / path).resolve()
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
        anchors = {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
        assert not part or part in anchors, (path, part)


@pytest.mark.parametrize("name", NAMES)
def test_the_metrics_that_commands_look_for_are_shown(name: str) -> None:
    page = Page.read(name)
    names = set(exported()) | {full.removesuffix(end) for full in exported() for end in _SHARED_ENDINGS}
    names |= set(catalogue().elsewhere)
    asked = {word for line in [*page.first, *page.prove] for word in _METRIC.findall(line)}
    unknown = {word for word in asked if not any(known.startswith(word.rstrip("_")) for known in names)}
    assert unknown - {"ilp_monitoring"} == set()


def labels_of(name: str) -> set[str]:
    """Return the labels that an alert has in each case, by its expression."""
    for objective in catalogue().objectives:
        if objective.alert == name:
            return set(objective.by)
    (alert,) = (each for each in catalogue().alerts if each.alert == name)
    parts = [set(re.split(r",\s*", part)) for part in re.findall(r"\bby \(([^)]+)\)", alert.expr)]
    return set.intersection(*parts) if parts else set()


def process_of(name: str) -> str | None:
    """Return the process that a page names."""
    named = re.findall(r"^Proses / process: `([^`]+)`", Page.read(name).sections[SECTIONS[2]], re.M)
    return named[0] if named else None


@pytest.mark.parametrize("name", NAMES)
def test_a_page_names_the_process_where_its_alert_does_not(name: str) -> None:
    labels, named = labels_of(name), process_of(name)
    assert (named is None) == ("job" in labels)
    if named == "<service>-api":
        assert "service" in labels
    elif named is not None:
        assert named in [f"{service.label}-{role}" for service in SERVICES for role in ("api", "worker")]
        assert {
            each.process for incident in [*UNBROKEN, *BREAKING] for each in incident.scenarios if each.name == name
        } <= {named}


def test_the_alerts_that_name_an_instance_are_those_of_the_first_page() -> None:
    (row,) = re.findall(r"^\| `INSTANCE` \|.*$", (FOLDER / "README.md").read_text(encoding="utf-8"), re.M)
    assert re.findall(r"Ilp\w+", row) == [name for name in NAMES if {"job", "instance"} <= labels_of(name)]


@pytest.mark.parametrize(
    ("whole", "lacking"),
    [
        ("## Bukti / prove", "## Proof"),
        ('curl -fsS "http://$INSTANCE/status"\n', ""),
        ("An event that cannot be applied is set aside with all later ones of the same record.\n\n", ""),
    ],
)
def test_a_page_that_lacks_something_is_found(tmp_path: Path, whole: str, lacking: str) -> None:
    text = (FOLDER / "IlpEventsParked.md").read_text(encoding="utf-8")
    assert whole in text
    (tmp_path / "IlpEventsParked.md").write_text(text.replace(whole, lacking, 1), encoding="utf-8")
    assert faults(Page.read("IlpEventsParked", tmp_path))
