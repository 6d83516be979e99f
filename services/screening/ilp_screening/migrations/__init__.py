"""Alembic history of the schema `screening`."""
