"""Alembic history of the schema `cluster_services`."""
