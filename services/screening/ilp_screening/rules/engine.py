"""The evaluation of one subject on one day: every rule family over the same checked observations.

Pure: the same packs and input always give the same answer. Called by the router of POST
/screening/v1/evaluations and by the service that records a screening.
"""

from collections.abc import Mapping
from datetime import date

from ilp_screening.packs.contents import Packs
from ilp_screening.rules.blood_pressure import evaluate_blood_pressure
from ilp_screening.rules.errors import InputProblem, InvalidInputError
from ilp_screening.rules.growth.indicators import evaluate_growth
from ilp_screening.rules.models import Evaluation, Result, Subject
from ilp_screening.rules.not_evaluated import no_table_at_age
from ilp_screening.rules.observations import checked
from ilp_screening.rules.subject import age_of
from ilp_screening.rules.tb import evaluate_tb


def evaluate(
    packs: Packs, subject: Subject, occurred_on: date | None, observations: Mapping[str, object]
) -> Evaluation:
    """Results with reasons for the observations (catalogue codes and units); raises InvalidInputError."""
    catalogue = packs.catalogue
    age = age_of(subject, occurred_on, catalogue.ages, packs.growth.pack.days_per_month)
    values, problems = checked(catalogue.observations, observations)
    if isinstance(age, InputProblem):
        raise InvalidInputError([age, *problems])
    if problems:
        raise InvalidInputError(problems)
    results, open_questions, read = evaluate_growth(packs.growth, subject.sex, age, values)
    if packs.blood_pressure.years.contains(age.years):
        read.update(packs.blood_pressure.symbols)
    for outcome in (
        evaluate_blood_pressure(packs.blood_pressure, age.years, values),
        evaluate_tb(packs.tb, catalogue.observations, age.years, values),
    ):
        if isinstance(outcome, Result):
            results.append(outcome)
        elif outcome is not None:
            open_questions.append(outcome)
    measured = (code for code in values if catalogue.observations[code].type == "quantity")
    open_questions.extend(no_table_at_age(code) for code in measured if code not in read)
    return Evaluation(results=tuple(results), not_evaluated=tuple(open_questions))
