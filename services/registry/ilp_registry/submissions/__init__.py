"""Idempotent writes, one or many at once, with the same keys."""
