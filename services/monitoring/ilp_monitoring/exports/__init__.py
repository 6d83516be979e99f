"""Bulk export of cells for analysts and integrators."""
