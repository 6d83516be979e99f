"""Expressions over answers of which some are not known."""
