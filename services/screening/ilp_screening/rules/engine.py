"""The evaluation of one subject on one day: every rule family over the same checked observations.

Pure: the same packs and input always give the same answer.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ilp_screening.rules.blood_pressure import evaluate_blood_pressure
from ilp_screening.rules.contents import Packs
from ilp_screening.rules.errors import InputProblem, InvalidInputError
from ilp_screening.rules.growth.indicators import evaluate_growth
from ilp_screening.rules.models import Evaluation, Judgement, Result, Subject
from ilp_screening.rules.not_evaluated import no_table_at_age
from ilp_screening.rules.observations import checked
from ilp_screening.rules.subject import age_of
from ilp_screening.rules.summary import summary_of, warnings_of
from ilp_screening.rules.tb import evaluate_tb, items_of
from ilp_screening.rules.unanswered import is_finding, unanswered
from ilp_shared.text import Text

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""Devices' clocks may be ahead by as much."""
_FUTURE: Final = Text("Waktu skrining ada di masa depan.", "The time of the screening lies in the future.")
_TOO_OLD: Final = Text(
    "Skrining lebih dari {days} hari yang lalu tidak dapat dicatat lagi; catatan yang sudah ada masih dapat diperbaiki"
    " atau dibatalkan. Periksa tahunnya.",
    "A screening more than {days} days ago can no longer be entered; a record that exists can still be corrected or"
    " voided. Check the year.",
)
_UNBORN: Final = Text("Waktu skrining mendahului tanggal lahir.", "The time of the screening is before the birth date.")


def evaluate(
    packs: Packs, subject: Subject, occurred_on: date | None, observations: Mapping[str, object]
) -> Evaluation:
    """Return results with reasons for observations (catalog codes and units); raises InvalidInputError."""
    catalog = packs.catalog
    age = age_of(subject, occurred_on, catalog.ages, packs.growth.pack.days_per_month)
    values, problems = checked(catalog.observations, observations)
    if isinstance(age, InputProblem):
        raise InvalidInputError([age, *problems])
    if problems:
        raise InvalidInputError(problems)
    results, open_questions, read = evaluate_growth(packs.growth, subject.sex, age, values)
    if packs.blood_pressure.years.contains(age.years):
        read.update(packs.blood_pressure.symbols)
    read.update(items_of(packs.tb, age.years))
    for outcome in (
        evaluate_blood_pressure(packs.blood_pressure, age.years, values),
        evaluate_tb(packs.tb, catalog.observations, age.years, values),
    ):
        if isinstance(outcome, Result):
            results.append(outcome)
        elif outcome is not None:
            open_questions.append(outcome)
    unread = (code for code, value in values.items() if code not in read and is_finding(packs, code, value))
    open_questions.extend(no_table_at_age(code) for code in unread)
    return Evaluation(
        results=tuple(results),
        not_evaluated=tuple(open_questions),
        summary=summary_of(packs.summary, results, unanswered(packs, age.years, values, results, open_questions)),
        warnings=warnings_of(packs.growth.pack, results, open_questions),
    )


def evaluate_at(
    packs: Packs,
    subject: Subject,
    timezone: str,
    occurred_at: datetime,
    observations: Mapping[str, object],
    now: datetime,
    oldest: timedelta | None,
) -> Judgement:
    """Judge a person with a birth date at a facility: the reporting day is the local one in `timezone`.

    Raises InvalidInputError for instants ahead of `now`, longer ago than `oldest` (None: no limit) or before birth, and
    for impossible values.
    """
    if occurred_at > now + CLOCK_TOLERANCE:
        raise InvalidInputError([InputProblem("/occurred_at", "in_the_future", _FUTURE)])
    if oldest is not None and occurred_at < now - oldest:
        raise InvalidInputError([InputProblem("/occurred_at", "too_long_ago", _TOO_OLD.format(days=oldest.days))])
    day = occurred_at.astimezone(ZoneInfo(timezone)).date()
    if subject.birth_date is not None and day < subject.birth_date:
        raise InvalidInputError([InputProblem("/occurred_at", "before_birth", _UNBORN)])
    evaluation = evaluate(packs, subject, day, observations)
    decided = dict.fromkeys(f"{result.policy.pack}/{result.policy.version}" for result in evaluation.results)
    return Judgement(day, evaluation, "+".join(decided) or None)
