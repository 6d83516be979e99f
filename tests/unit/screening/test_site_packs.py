"""Packs of a site: a folder of YAML adds screenings of every kind; a damaged one stops the start and says why."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from ilp_screening.packs.errors import PackError
from ilp_screening.packs.golden import failures_of
from ilp_screening.packs.loader import load_library
from ilp_screening.rules.contents import Choice, Library, Pack
from ilp_screening.rules.kinds.every import JUDGES

SITE = Path(__file__).parent / "site"
PACKS = [pytest.param(pack, id=pack.name) for pack in load_library(SITE).all if (SITE / pack.form.code).is_dir()]
Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize("pack", PACKS)
def test_each_statement_of_a_golden_case_can_fail(pack: Pack) -> None:
    library = load_library(SITE)
    cases = yaml.safe_load((SITE / pack.name / "golden.yaml").read_text(encoding="utf-8"))["cases"]
    for case in cases:
        assert list(failures_of(library, pack, [case])) == []
        for code, stated in case["results"].items():
            wrong = {**case, "results": {code: {**stated, "category": "another"}}}
            assert list(failures_of(library, pack, [wrong])), (case["name"], code)
        for code in case.get("not_evaluated", {}):
            assert list(failures_of(library, pack, [{**case, "not_evaluated": {code: ["another"]}}]))
        for code in case.get("schedule", {}):
            assert list(failures_of(library, pack, [{**case, "schedule": {code: "never"}}]))


def test_a_pack_of_each_kind_is_judged_here() -> None:
    kinds = {pack.form.kind for pack in load_library(SITE).all}
    assert kinds == set(JUDGES)


def changed(tmp_path: Path, code: str, change: Change) -> Library:
    """Load the site with one pack changed."""
    shutil.copytree(SITE / code, tmp_path / code)
    path = tmp_path / code / "2026.1" / "pack.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load_library(tmp_path)


def bands_of(content: dict[str, Any], rule: int = 0) -> Any:
    return content["rules"][rule]["bands"]["bands"]


@pytest.mark.parametrize(
    ("code", "change", "said"),
    [
        ("haemoglobin", lambda c: bands_of(c, 2)[0]["when"].update(lt=11.5), "women: 11.5 lies in 0 ranges"),
        ("haemoglobin", lambda c: bands_of(c, 2)[1]["when"].update(ge=11.5), "women: 11.5 lies in 2 ranges"),
        ("haemoglobin", lambda c: bands_of(c)[0]["actions"].append("CURE"), "unknown action CURE"),
        ("haemoglobin", lambda c: c.update(quantity="hb"), "unknown observations hb"),
        ("haemoglobin", lambda c: c.update(source=""), "source"),
        ("haemoglobin", lambda c: c.update(kind="guess"), "kind"),
        ("haemoglobin", lambda c: c.update(notes_="x"), "notes_"),
        ("haemoglobin", lambda c: c["observations"][0].update(code="sbp"), "sbp is introduced twice"),
        ("mood", lambda c: c["scales"][0]["bands"]["bands"][0].update(when={"lt": 2}), "a total of 2 lies in no band"),
        ("mood", lambda c: c["scales"][0]["bands"]["bands"][1].update(when={"ge": 7}), "no total reaches possible"),
        ("mood", lambda c: c["scales"].pop(), "items of no total: nervous, worries"),
        ("mood", lambda c: c["items"][0]["points"].pop("daily"), "points for other codes"),
        ("mood", lambda c: c["scales"][0]["items"].append("sleep"), "an item that is not there"),
        ("smoke_risk", lambda c: c["items"][2]["asked_if"].update(all_of=["pack_years"]), "does not fit its type"),
        ("smoke_risk", lambda c: c["items"][3].update(observation="pack_years"), "points do not fit a quantity"),
        ("child_pressure", lambda c: c["rows"].pop(1), "rows are not consecutive at 9"),
        ("child_pressure", lambda c: c["rows"][0]["male"].update(sbp=[120, 106]), "limits of row 7 are not in order"),
        ("child_pressure", lambda c: c["rows"][0]["male"].update(sbp=[106]), "row 7 needs 2 limits of sbp, dbp"),
        ("doses", lambda c: c["steps"].reverse(), "step dose_b comes twice, or before the one it follows"),
        ("doses", lambda c: c["steps"][0]["first"].update(months=3), "golden case"),
    ],
)
def test_a_damaged_pack_says_what_is_wrong(tmp_path: Path, code: str, change: Change, said: str) -> None:
    with pytest.raises(PackError) as error:
        changed(tmp_path, code, change)
    assert said in str(error.value)


def test_a_pack_without_golden_cases_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SITE / "doses", tmp_path / "doses")
    (tmp_path / "doses" / "2026.1" / "golden.yaml").write_text("cases: []", encoding="utf-8")
    with pytest.raises(PackError, match="no golden case"):
        load_library(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="packs-of-ours: no such folder"):
        load_library(tmp_path / "packs-of-ours")


def test_the_golden_cases_of_the_platform_know_no_pack_of_a_site(tmp_path: Path) -> None:
    """Here every child that is weighed is a suspect: no packaged case comes out green beside it."""
    bands = yaml.safe_load((SITE / "haemoglobin" / "2026.1" / "pack.yaml").read_text(encoding="utf-8"))
    verdict = {"code": "any", "label": {"id": "Apa pun", "en": "Any"}, "class": "disease_suspected", "when": {"ge": 0}}
    [*_, rule] = bands.pop("rules")
    rule = {"bands": {**rule["bands"], "bands": [verdict, {**verdict, "code": "none", "when": {"lt": 0}}]}}
    question = {"code": "any_weight", "label": verdict["label"]}
    pack = {**bands, "code": "any_weight", "question": question, "quantity": "weight_kg", "rules": [rule]}
    folder = tmp_path / "any_weight" / "2026.1"
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text(yaml.safe_dump({**pack, "observations": []}, allow_unicode=True))
    case = {"name": "a", "subject": {"sex": "male", "age_months": 12}, "observations": {"weight_kg": 9.65}}
    golden = {"cases": [{**case, "colour": "red", "results": {"any_weight": {"category": "any"}}}]}
    (folder / "golden.yaml").write_text(yaml.safe_dump(golden))
    assert "any_weight" in load_library(tmp_path).versions


def versions(tmp_path: Path) -> Library:
    """Load three versions of one pack: of 2023, its correction, one of March 2026; and an alternative."""
    for version, first_day, alternative in (
        ("2023.1", "2023-01-01", False),
        ("2023.2", "2023-01-01", False),
        ("2026.1", "2026-03-01", False),
        ("2026.2", "2026-03-01", True),
    ):
        folder = tmp_path / "haemoglobin" / version
        shutil.copytree(SITE / "haemoglobin" / "2026.1", folder)
        content = yaml.safe_load((folder / "pack.yaml").read_text(encoding="utf-8"))
        content.update(version=version, effective_from=date.fromisoformat(first_day), alternative=alternative)
        (folder / "pack.yaml").write_text(
            yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
    return load_library(tmp_path)


@pytest.mark.parametrize(
    ("day", "version"),
    [("2022-12-31", None), ("2023-01-01", "2023.2"), ("2026-02-28", "2023.2"), ("2026-03-01", "2026.1")],
)
def test_the_newest_version_of_the_day_judges(tmp_path: Path, day: str, version: str | None) -> None:
    packs = versions(tmp_path).in_force(date.fromisoformat(day), "13.76")
    assert [pack.form.version for pack in packs.all if pack.form.code == "haemoglobin"] == (
        [version] if version else []
    )


def test_an_area_may_choose_another_version(tmp_path: Path) -> None:
    library = versions(tmp_path)
    choice = Choice(
        pack="haemoglobin",
        version="2026.2",
        areas=("13.76",),
        first_day=date(2026, 4, 1),
        last_day=date(2026, 4, 30),
    )
    chosen = Library(library.versions, (choice,), library.catalog, library.summary)

    def version(day: date, area: str) -> str:
        [pack] = [pack for pack in chosen.in_force(day, area).all if pack.form.code == "haemoglobin"]
        return str(pack.form.version)

    assert version(date(2026, 4, 1), "13.76.01.1002") == "2026.2"
    assert version(date(2026, 4, 30), "13.76") == "2026.2"
    assert version(date(2026, 5, 1), "13.76") == "2026.1"
    assert version(date(2026, 3, 31), "13.76") == "2026.1"
    assert version(date(2026, 4, 1), "13.77") == "2026.1"
    assert chosen.in_force(date(2026, 4, 2), "13.76") is chosen.in_force(date(2026, 4, 3), "13.76.01")
