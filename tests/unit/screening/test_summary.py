"""What the family hears of a screening, and what the kader is asked to look at again."""

import pytest

from ilp_screening.rules.contents import Packs
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
        ({"sbp": 120}, CHILD, "grey", "Belum dapat dinilai"),
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
    kinds = [rule.kind for rule in packs.summaries]
    assert len(set(kinds)) == len(kinds)
    assert kinds[0] == "disease_suspected"
    assert kinds[-1] == "none"
    assert "{" not in packs.summaries[-1].sentence.both
