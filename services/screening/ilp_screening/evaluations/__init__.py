"""Stateless evaluation: judges observations and stores nothing."""
