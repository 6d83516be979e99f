"""Screening rules: pure functions from subject, date and observations to results with reasons.

No I/O here; the limits come in as `ilp_screening.packs` objects. Entry point: `rules.engine.evaluate`.
"""
