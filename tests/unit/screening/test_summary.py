"""What the family hears of a screening, and what the kader is asked to look at again."""

from typing import get_args

import pytest

from ilp_screening.rules.contents import Packs
from ilp_screening.rules.forms import SummaryKind
from ilp_screening.rules.models import Evaluation
from tests.unit.screening.conftest import Evaluate

CHILD = {"sex": "male", "age_months": 21}
GOOD = {"weight_kg": 10.4, "length_height_cm": 84.8, "height_posture": "lying"}


def places(evaluation: Evaluation) -> list[tuple[str, str]]:
    return [(warning.pointer, warning.code) for warning in evaluation.warnings]


@pytest.mark.parametrize(
    ("observations", "subject", "colour", "words"),
    [
        (GOOD, CHILD, "green", "baik"),
        ({"length_height_cm": 77}, CHILD, "red", "Pendek"),
        ({"weight_kg": 9.0}, CHILD, "yellow", "Berat badan kurang"),
        ({"weight_kg": 13.5}, CHILD, "yellow", "Risiko berat badan lebih"),
        ({"weight_kg": 91}, CHILD, "grey", "diulang"),
        ({"weight_kg": 91, "length_height_cm": 77}, CHILD, "red", "Pendek"),
        ({"sbp": 120}, CHILD, "grey", "Belum dapat dinilai di sini: Tekanan darah sistolik"),
        ({"weight_kg": 24.0}, {"sex": "female", "age_months": 90.5}, "grey", "belum lengkap: Berat badan"),
        ({}, CHILD, "grey", "lengkapi pemeriksaan"),
        ({"sbp": 185, "dbp": 115}, {"sex": "female", "age_months": 600}, "red", "Perlu diperiksa"),
    ],
)
def test_the_most_severe_result_decides(
    judge: Evaluate, observations: dict[str, object], subject: dict[str, object], colour: str, words: str
) -> None:
    summary = judge(observations, **subject).summary
    assert summary.colour == colour
    assert words in summary.sentence.id
    assert "{" not in summary.sentence.both


NO_TB = {"cough": False, "fever": False, "close_contact_tb": False}
CHILD_NO_TB = {**NO_TB, "weight_loss_or_no_gain_2mo": False, "listless": False}
WOMAN = {"sex": "female", "age_months": 420}
GIRL = {"sex": "female", "age_months": 90.5}
TALLER_THAN_THE_TABLE = {"weight_kg": 20.0, "length_height_cm": 121}
"""Of a boy of 57 months: no row of weight-for-height, and normal by every other indicator."""


@pytest.mark.parametrize(
    ("observations", "subject", "named"),
    [
        # An open question that asks for an action: one pressure below hypertension.
        ({**NO_TB, "sbp": 139}, WOMAN, "Tekanan darah"),
        ({**NO_TB, "dbp": 89}, WOMAN, "Tekanan darah"),
        # A question that was begun: one symptom asked, the others not, whatever the answer was.
        ({"sbp": 110, "dbp": 70, "cough": True}, WOMAN, "Gejala TBC"),
        ({"sbp": 110, "dbp": 70, "cough": False}, WOMAN, "Gejala TBC"),
        ({**GOOD, "listless": False}, CHILD, "Gejala TBC"),
        # A value that no rule reads at this age.
        ({**GOOD, "sbp": 190, "dbp": 120}, CHILD, "Tekanan darah sistolik, Tekanan darah diastolik"),
        ({"sbp": 110, "dbp": 70, "head_circumference_cm": 55}, WOMAN, "Lingkar kepala"),
        ({**GOOD, "weight_kg": 7.5, "length_height_cm": 67, "muac_cm": 10.5}, {"sex": "male", "age_months": 5}, "LiLA"),
        # A value that is read, but without sourced limits at this age.
        ({**GOOD, "triceps_skinfold_mm": 6.8}, CHILD, "Tebal lipatan kulit trisep"),
        # A z-score beyond the usual range without sourced limits: a schoolgirl far too short, BMI normal.
        ({"weight_kg": 13.8, "length_height_cm": 95}, GIRL, "(PB/U, TB/U)"),
        # A length outside the table.
        (TALLER_THAN_THE_TABLE, {"sex": "male", "age_months": 57}, "(BB/PB, BB/TB)"),
        # A complaint that makes no suspicion of TB, or that no rule reads.
        ({**CHILD_NO_TB, **GOOD, "fever": True, "fever_gt_2w": False}, CHILD, "Demam"),
        ({**CHILD_NO_TB, **GOOD, "night_sweats": True}, CHILD, "Berkeringat malam"),
        ({**NO_TB, "sbp": 110, "dbp": 70, "lymph_nodes": True}, WOMAN, "Pembesaran kelenjar"),
        ({"sbp": 110, "dbp": 70, "bilateral_oedema": True}, WOMAN, "Edema bilateral"),
    ],
)
def test_green_is_never_said_while_something_is_left(
    judge: Evaluate, observations: dict[str, object], subject: dict[str, object], named: str
) -> None:
    evaluation = judge(observations, **subject)
    classes = {result.result_class for result in evaluation.results if result.result_class}
    assert classes <= {"normal_no_risk"}, "the case is about good results"
    assert evaluation.summary.colour == "grey"
    assert named in evaluation.summary.sentence.id
    assert "baik" not in evaluation.summary.sentence.id


@pytest.mark.parametrize(
    ("observations", "subject"),
    [
        (GOOD, CHILD),
        ({**GOOD, "bilateral_oedema": False, "night_sweats": False}, CHILD),
        ({**GOOD, **CHILD_NO_TB}, CHILD),
        ({"weight_kg": 10.4}, CHILD),
        ({"sbp": 118, "dbp": 76}, WOMAN),
        ({**NO_TB, "sbp": 118, "dbp": 76}, WOMAN),
        (NO_TB, WOMAN),
        ({"weight_kg": 24.0, "length_height_cm": 125}, GIRL),
    ],
)
def test_green_is_said_where_all_that_was_observed_is_judged_and_fine(
    judge: Evaluate, observations: dict[str, object], subject: dict[str, object]
) -> None:
    assert judge(observations, **subject).summary.colour == "green"


@pytest.mark.parametrize(
    ("observations", "subject", "colour", "words"),
    [
        ({"length_height_cm": 77, "sbp": 190, "dbp": 120}, CHILD, "red", "di sini: Tekanan darah sistolik"),
        ({"weight_kg": 13.5, "listless": False}, CHILD, "yellow", "Belum lengkap: Gejala TBC"),
        ({"weight_kg": 91, "length_height_cm": 77}, CHILD, "red", "Ada juga ukuran yang perlu diulang"),
        ({**NO_TB, "close_contact_tb": True, "sbp": 139}, WOMAN, "yellow", "Belum lengkap: Tekanan darah"),
        ({"weight_kg": 91, "listless": True}, CHILD, "red", "Ada juga ukuran"),
    ],
)
def test_a_finding_does_not_hide_what_is_left(
    judge: Evaluate, observations: dict[str, object], subject: dict[str, object], colour: str, words: str
) -> None:
    summary = judge(observations, **subject).summary
    assert summary.colour == colour
    assert words in summary.sentence.id
    assert "{" not in summary.sentence.both


def test_a_weight_without_its_point_is_to_be_measured_again_and_has_no_category(judge: Evaluate) -> None:
    evaluation = judge({"weight_kg": 91, "length_height_cm": 84.8}, **CHILD)
    flagged = [result for result in evaluation.results if result.flag == "implausible"]
    assert {result.code for result in flagged} == {"weight_for_age", "weight_for_length_height", "bmi_for_age"}
    for result in flagged:
        assert result.label is not None
        assert result.label.id == "Ukur ulang"
        assert (result.category, result.result_class) == (None, None)
    assert places(evaluation) == [("/observations/weight_kg", "implausible")]


def test_measurements_that_contradict_each_other_are_both_named(judge: Evaluate) -> None:
    evaluation = judge({"weight_kg": 6.8, "length_height_cm": 96}, **CHILD)
    alone = {result.code for result in evaluation.results if result.flag == "implausible"}
    assert "weight_for_length_height" in alone
    assert not alone & {"weight_for_age", "length_height_for_age"}
    assert places(evaluation) == [
        ("/observations/length_height_cm", "implausible"),
        ("/observations/weight_kg", "implausible"),
    ]


def test_a_measurement_that_no_rule_reads_is_named(judge: Evaluate) -> None:
    assert ("/observations/sbp", "not_judged") in places(judge({"sbp": 120, "dbp": 80}, **CHILD))
    assert judge(GOOD, **CHILD).warnings == ()


def test_each_rule_is_reached_once_and_the_last_one_fits_always(packs: Packs) -> None:
    kinds = [rule.kind for rule in packs.summary.rules]
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) == set(get_args(SummaryKind))
    assert kinds[0] == "disease_suspected"
    assert kinds[-2:] == ["normal_no_risk", "none"], "green only where no other rule fits"
    assert "{" not in packs.summary.rules[-1].sentence.both
