"""Outlines of areas as SVG paths: the packaged files (`maps/`), their reader, and their generator."""
