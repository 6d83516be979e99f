"""Stateless evaluation: judges what is sent and stores nothing."""
