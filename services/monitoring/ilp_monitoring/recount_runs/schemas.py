"""A recount as readers see it."""

from datetime import datetime

from ilp_shared.models import Output


class Recount(Output):
    """Kapan arsip peristiwa dihitung ulang, berapa yang dibandingkan, dan berapa yang berbeda.

    When the event archives were counted again, how much was compared, and how many numbers differed.
    """

    at: datetime
    """Waktu selesai / when it ended"""
    cells: int
    """Angka yang dibandingkan / numbers that were compared"""
    events: int
    """Peristiwa yang dibaca / archived events that were read"""
    differences: int
    """Angka yang tidak sama / numbers that were not equal"""
    duration_s: float
    """Lamanya dalam detik / how many seconds it took"""
