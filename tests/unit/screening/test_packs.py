"""The packaged packs: golden cases, catalog view, shapes of the answers, and what stops a damaged pack."""

import hashlib
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from ilp_screening.catalog.service import list_packs, pack_detail
from ilp_screening.packs.errors import PackError
from ilp_screening.packs.golden import failures_of
from ilp_screening.packs.lms_tables import read_lms
from ilp_screening.packs.loader import load_library
from ilp_screening.rules.contents import Packs
from ilp_screening.rules.forms import Bounds
from ilp_screening.rules.lms.forms import TableFile
from ilp_shared.events.screening.v1 import ScreeningResult
from tests.unit.screening.conftest import Evaluate
from tests.unit.screening.judging import DAY, form_of

ROOT = files("ilp_screening.packs")
PACKS = [pytest.param(pack, id=pack.name) for pack in load_library().all]


@pytest.mark.parametrize("pack", PACKS)
def test_golden_cases_come_out_and_each_of_them_can_fail(pack: Any) -> None:
    text = (ROOT / pack.form.code / pack.form.version / "golden.yaml").read_text(encoding="utf-8")
    cases = yaml.safe_load(text)["cases"]
    assert list(failures_of(load_library(), pack, cases)) == []
    for case in cases:
        for code, expected in case["results"].items():
            wrong = {**case, "results": {code: {**expected, "category": "another"}}}
            assert list(failures_of(load_library(), pack, [wrong])), (case["name"], code)


def test_a_version_never_changes_a_changed_rule_is_a_new_version() -> None:
    versions = {
        pack.name: hashlib.sha256((ROOT / pack.name / "pack.yaml").read_bytes()).hexdigest()
        for pack in load_library().all
    }
    assert versions == yaml.safe_load(Path(__file__).with_name("versions.yaml").read_text(encoding="utf-8"))


def test_every_observation_of_the_catalog_is_read_by_a_pack(packs: Packs) -> None:
    assert {code for pack in packs.all for code in pack.form.reads} == packs.catalog.observations.keys()


def test_every_quantity_has_a_unit_and_a_closed_range(packs: Packs) -> None:
    for observation in packs.catalog.observations.values():
        assert observation.label.id
        assert observation.label.en
        if observation.type == "quantity":
            assert observation.unit
            assert observation.possible is not None
            assert None not in (observation.possible.ge, observation.possible.le)


def test_limits_from_memory_are_not_marked_verified(packs: Packs) -> None:
    bands = form_of(packs, "growth").band_lists
    assert {code for code, group in bands.items() if not group.verified} == {"wfh", "muac_6_59", "hc"}
    assert all("from memory" in group.source for group in bands.values() if not group.verified)


def test_result_policy_follows_the_band(judge: Evaluate) -> None:
    evaluation = judge({"weight_kg": 17.5, "length_height_cm": 125}, sex="male", age_months=110)
    thin = next(r for r in evaluation.results if r.code == "bmi_for_age")
    assert (thin.category, thin.policy.verified) == ("bmifa_severe_thinness", False)
    healthy = judge({"weight_kg": 25, "length_height_cm": 125}, sex="male", age_months=110)
    normal = next(r for r in healthy.results if r.code == "bmi_for_age")
    assert (normal.category, normal.policy.verified) == ("bmifa_normal", True)
    assert (normal.policy.pack, normal.policy.version) == ("growth", "2026.3")


def test_catalog_shows_packs_with_sources_and_bands() -> None:
    library = load_library()
    listed = list_packs(library, DAY)
    assert [(p.code, p.version) for p in listed.packs] == [
        ("growth", "2026.3"),
        ("blood_pressure", "2026.2"),
        ("tb", "2026.1"),
        ("body_mass_index", "2026.1"),
    ]
    detail = pack_detail(library, "blood_pressure", "2026.2")
    assert detail is not None
    document = detail.model_dump(mode="json")
    assert document["pack"]["bands"][3]["class"] == "disease_suspected"
    assert [o["code"] for o in document["observations"]] == ["sbp", "dbp"]
    assert pack_detail(library, "growth", "1999.1") is None


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
    changed = TableFile(file="who_growth_lms.csv.gz", sha256=hashlib.sha256(b"other").hexdigest())
    with pytest.raises(PackError, match="checksum"):
        read_lms(ROOT / "growth", changed)


def test_packs_are_read_once_and_cannot_be_changed(packs: Packs) -> None:
    assert load_library().in_force(DAY) is packs
    with pytest.raises(ValueError, match="frozen"):
        form_of(packs, "growth").version = "x"
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
