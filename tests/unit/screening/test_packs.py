"""The packaged policies: golden cases, completeness of bands, catalog view, and shapes of the answers."""

import hashlib
import time
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from ilp_screening.catalog.service import list_packs, observations_of, pack_detail
from ilp_screening.packs.loader import PackError, load_packs, read_lms
from ilp_screening.rules.contents import Packs
from ilp_screening.rules.engine import evaluate
from ilp_screening.rules.forms import Bounds
from ilp_screening.rules.models import Subject
from ilp_screening.rules.pack_forms import TableFile
from ilp_shared.events.screening.v1 import ScreeningResult
from tests.unit.screening.conftest import Evaluate

ROOT = files("ilp_screening.packs")


def golden_cases() -> Iterator[Any]:
    for pack in load_packs().all:
        text = (ROOT / pack.code / pack.version / "golden.yaml").read_text(encoding="utf-8")
        for case in yaml.safe_load(text)["cases"]:
            yield pytest.param(case, id=f"{pack.code}: {case['name']}")


@pytest.mark.parametrize("case", list(golden_cases()))
def test_golden(packs: Packs, case: dict[str, Any]) -> None:
    on = date.fromisoformat(case["occurred_on"]) if "occurred_on" in case else None
    evaluation = evaluate(packs, Subject.model_validate(case["subject"]), on, case["observations"])
    results = {result.code: result for result in evaluation.results}
    for code, expected in case["results"].items():
        event = ScreeningResult.model_validate(results[code], from_attributes=True)
        actual: dict[str, Any] = {**event.model_dump(), "class": event.result_class}
        actual["actions"] = [action.code for action in event.actions]
        assert {key: actual[key] for key in expected} == expected, code
    if "colour" in case:
        assert evaluation.summary.colour == case["colour"]
    open_items = {item.code: list(item.missing) for item in evaluation.not_evaluated}
    for code, missing in case.get("not_evaluated", {}).items():
        assert open_items[code] == missing
        assert code not in results


def test_a_version_never_changes_a_changed_rule_is_a_new_version() -> None:
    versions = {
        f"{family.name}/{version.name}": hashlib.sha256((version / "pack.yaml").read_bytes()).hexdigest()
        for family in ROOT.iterdir()
        if family.is_dir() and not family.name.startswith("_")
        for version in family.iterdir()
    }
    assert versions == yaml.safe_load(Path(__file__).with_name("versions.yaml").read_text(encoding="utf-8"))


def test_bands_cover_every_value_once(packs: Packs) -> None:
    whens = [[band.when for band in bands.bands] for bands in packs.growth.bands.values()]
    pressure = packs.blood_pressure.bands
    whens += [[band.sbp for band in pressure], [band.dbp for band in pressure]]
    for bounds in whens:
        limits = {limit for b in bounds for limit in (b.ge, b.gt, b.le, b.lt) if limit is not None}
        for value in (v for limit in limits for v in (limit - 0.001, limit, limit + 0.001)):
            assert sum(b.contains(value) for b in bounds) == 1, (bounds, value)


def test_every_code_in_a_pack_is_in_the_observation_catalog(packs: Packs) -> None:
    for pack in packs.all:
        assert observations_of(pack) <= packs.catalog.observations.keys()
    used = {code for pack in packs.all for code in observations_of(pack)}
    assert used == packs.catalog.observations.keys()


def test_every_quantity_has_a_unit_and_a_closed_range(packs: Packs) -> None:
    for observation in packs.catalog.observations.values():
        assert observation.label.id
        assert observation.label.en
        if observation.type == "quantity":
            assert observation.unit
            assert observation.possible is not None
            assert None not in (observation.possible.ge, observation.possible.le)


def test_limits_from_memory_are_not_marked_verified(packs: Packs) -> None:
    bands = packs.growth.bands
    assert {code for code, group in bands.items() if not group.verified} == {"wfh", "muac_6_59", "hc"}
    assert all("from memory" in group.source for group in bands.values() if not group.verified)


def test_result_policy_follows_the_band(judge: Evaluate) -> None:
    evaluation = judge({"weight_kg": 17.5, "length_height_cm": 125}, sex="male", age_months=110)
    thin = next(r for r in evaluation.results if r.code == "bmi_for_age")
    assert (thin.category, thin.policy.verified) == ("bmifa_severe_thinness", False)
    healthy = judge({"weight_kg": 25, "length_height_cm": 125}, sex="male", age_months=110)
    normal = next(r for r in healthy.results if r.code == "bmi_for_age")
    assert (normal.category, normal.policy.verified) == ("bmifa_normal", True)
    assert (normal.policy.pack, normal.policy.version) == ("growth", "2026.2")


def test_catalog_shows_packs_with_sources_and_bands(packs: Packs) -> None:
    listed = list_packs(packs)
    assert [(p.code, p.version) for p in listed.packs] == [
        ("growth", "2026.2"),
        ("blood_pressure", "2026.1"),
        ("tb", "2023.1"),
    ]
    detail = pack_detail(packs, "blood_pressure", "2026.1")
    assert detail is not None
    document = detail.model_dump(mode="json")
    assert document["pack"]["bands"][3]["class"] == "disease_suspected"
    assert [o["code"] for o in document["observations"]] == ["sbp", "dbp"]
    assert pack_detail(packs, "growth", "1999.1") is None


def test_answer_uses_the_published_names(judge: Evaluate) -> None:
    evaluation = judge({"weight_kg": 9.65}, sex="male", age_months=12)
    result = evaluation.model_dump(mode="json")["results"][0]
    assert result["class"] == "normal_no_risk"
    assert result["label"] == {"id": "Berat badan normal", "en": "Normal weight"}
    assert result["reasons"][0]["text"] == {
        "id": "−2 ≤ z 0,00 ≤ 1 SD (WHO 2006)",
        "en": "−2 ≤ z 0.00 ≤ 1 SD (WHO 2006)",
    }


def test_an_event_carries_of_a_result_neither_text_nor_reasons(judge: Evaluate) -> None:
    [result] = judge({"weight_kg": 9.65}, sex="male", age_months=12).results[:1]
    event = ScreeningResult.model_validate(result, from_attributes=True)
    assert set(event.model_dump()) == {"code", "category", "result_class", "z", "flag", "standard", "actions"}
    assert (event.code, event.result_class, event.z) == ("weight_for_age", "normal_no_risk", 0.0)


def test_a_changed_table_is_refused(packs: Packs) -> None:
    changed = TableFile(file=packs.growth.pack.tables.file, sha256=hashlib.sha256(b"other").hexdigest())
    pack = packs.growth.pack.model_copy(update={"tables": changed})
    with pytest.raises(PackError, match="checksum"):
        read_lms(ROOT / "growth" / pack.version, pack)


def test_packs_are_read_once_and_cannot_be_changed(packs: Packs) -> None:
    assert load_packs() is packs
    with pytest.raises(ValueError, match="frozen"):
        packs.growth.pack.version = "x"  # type: ignore[misc]  # the point of the test
    assert Bounds(ge=1).contains(1)


def test_a_full_measurement_is_judged_fast(judge: Evaluate) -> None:
    observations = {
        "weight_kg": 10.4,
        "length_height_cm": 84.8,
        "head_circumference_cm": 46.1,
        "muac_cm": 14.9,
        "triceps_skinfold_mm": 6.8,
        "subscapular_skinfold_mm": 5.2,
        "bilateral_oedema": False,
    }

    def once() -> float:
        started = time.process_time()
        for _ in range(50):
            judge(observations, sex="male", age_days=631)
        return (time.process_time() - started) / 50

    assert min(once() for _ in range(20)) < 0.001  # ten times the usual cost: catches a table read per call
