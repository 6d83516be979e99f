"""Alembic history of the schema `monitoring`."""
