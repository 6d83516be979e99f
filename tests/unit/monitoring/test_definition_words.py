"""Words of the definitions: a reader of the page knows each of them, and both numbers of tasks are explained."""

import re

import pytest

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.indicators.schemas import Indicator
from ilp_shared.text import Text

CODE = re.compile(r"`|[a-z]_[a-z]|[A-Z]_[A-Z]")
"""Names of fields and of constants."""
INDICATORS = definitions().indicators


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda each: each.code)
def test_no_name_of_a_field_stands_in_the_words_of_a_definition(indicator: Indicator) -> None:
    texts = [indicator.name, indicator.look_for, indicator.numerator, indicator.denominator, indicator.origin]
    assert [text.both for text in texts if CODE.search(text.both)] == []


def test_no_name_of_a_field_stands_in_the_rules() -> None:
    texts: list[Text] = [*definitions().rules, definitions().registered_means]
    assert [text.both for text in texts if CODE.search(text.both)] == []


@pytest.mark.parametrize("part", ["numerator", "denominator"])
def test_tasks_of_the_month_and_of_the_card_are_told_apart(part: str) -> None:
    (tasks,) = (each for each in INDICATORS if each.code == "FOLLOW_UP_OPEN")
    text: Text = getattr(tasks, part)
    month, card = text.id.split("Kartu")
    assert month.startswith("Angka bulan: ")
    assert "dibuka bulan itu" in month
    assert "dibuka sampai akhir bulan itu" in card
    month, card = re.split("The card|Card", text.en)
    assert month.startswith("Number of the month: ")
    assert "opened in the month" in month
    assert "opened up to the end of the month" in card
