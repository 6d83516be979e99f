"""What a screening means, from the wording of the definitions: indicators of the situation view, actions, open tasks.

Written without looking at the services' rules, for the observations that the workload makes. An observation whose
meaning would need a growth table raises: the workload must not make it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

WITA = {"51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"}
WIT = {"81", "82", "91", "92", "93", "94", "95", "96"}
"""Provinces by zone (Keputusan Presiden 41/1987); all others keep WIB."""

UNDER_FIVE_MONTHS, ADULT_MONTHS = 59, 216
CERTAINLY_STUNTED_CM, CERTAINLY_NOT_STUNTED_CM = (69.0, 76.0), (83.0, 92.0)
"""Lying length at 19 to 23 months: WHO 2006 puts −2 SD of either sex between 76 and 82 cm, −6 SD below 69 cm."""
CERTAIN_AGE_DAYS = (580, 730)
CHILD_TB = ("cough_ge_2w", "fever_gt_2w", "weight_loss_or_no_gain_2mo", "listless")
Observations = Mapping[str, Any]


class Ambiguous(Exception):  # noqa: N818 - a fault of the workload, not of the platform
    """The workload made an observation whose meaning this oracle does not know."""


def local_day(instant: datetime, area: str) -> date:
    """Return the day at the facility: WIB, WITA or WIT (UTC+7, +8, +9)."""
    hours = 9 if area[:2] in WIT else 8 if area[:2] in WITA else 7
    return instant.astimezone(timezone(timedelta(hours=hours))).date()


def months_between(born: str, month: str) -> int:
    """Age in whole months at the end of a month, by month of birth (both `YYYY-MM`)."""
    return (int(month[:4]) - int(born[:4])) * 12 + int(month[5:]) - int(born[5:])


def is_under_five(born: str, month: str) -> bool:
    """Balita: 0 to 59 months at the end of the month."""
    return 0 <= months_between(born, month) <= UNDER_FIVE_MONTHS


def is_adult(born: str, month: str) -> bool:
    """Dewasa: 18 years or more at the end of the month."""
    return months_between(born, month) >= ADULT_MONTHS


def is_stunted(observed: Observations, age_days: int) -> bool | None:
    """Tell whether a measured length is below −2 SD; None when no length was measured."""
    if "length_height_cm" not in observed:
        return None
    length = observed["length_height_cm"]
    if CERTAIN_AGE_DAYS[0] <= age_days <= CERTAIN_AGE_DAYS[1] and observed.get("height_posture") == "lying":
        if CERTAINLY_STUNTED_CM[0] <= length <= CERTAINLY_STUNTED_CM[1]:
            return True
        if CERTAINLY_NOT_STUNTED_CM[0] <= length <= CERTAINLY_NOT_STUNTED_CM[1]:
            return False
    raise Ambiguous(f"length {length} at {age_days} days")


def is_tb_suspect(observed: Observations, *, adult: bool) -> bool | None:
    """Return a cough of two weeks (children: any symptom) makes a suspect; None when symptoms were not asked for."""
    asked = {"cough", *CHILD_TB} & observed.keys()
    if not asked:
        return None
    if any(observed.get(symptom) for symptom in (("cough_ge_2w",) if adult else CHILD_TB)):
        return True
    complete = observed.get("cough") is False if adult else all(observed.get(s) is False for s in CHILD_TB)
    if complete and observed.get("close_contact_tb") is False:
        return False
    raise Ambiguous(f"symptoms {sorted(asked)}")


def has_blood_pressure(observed: Observations) -> bool:
    """Both values were measured, or one that reaches hypertension by itself."""
    both = "sbp" in observed and "dbp" in observed
    return both or observed.get("sbp", 0) >= 140 or observed.get("dbp", 0) >= 90


def actions_of(observed: Observations, age_days: int, *, adult: bool) -> set[str]:
    """Return what a screening asks others to do: one follow-up task or referral for each."""
    actions = set()
    if is_stunted(observed, age_days):
        actions.add("REFER_HOSPITAL")
    if is_tb_suspect(observed, adult=adult):
        actions.add("FURTHER_TEST")
    if has_blood_pressure(observed):
        systolic, diastolic = observed.get("sbp", 0), observed.get("dbp", 0)
        if systolic >= 140 or diastolic >= 90:
            actions.add("REFER_PUSKESMAS")
        elif systolic >= 130 or diastolic >= 85:
            actions.add("REPEAT")
    return actions
