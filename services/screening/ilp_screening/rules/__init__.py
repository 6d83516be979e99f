"""Screening rules: pure functions from subject, date and observations to results with reasons.

No I/O here; limits come in as `rules.contents.Packs`. Entry points: `rules.engine.evaluate` and `evaluate_at`.
"""
