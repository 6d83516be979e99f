"""Versioned policy packs of the screening service: clinical limits as data with sources, and their loader.

Their forms and what the loader returns belong to the rules (`rules.forms`, `rules.contents`).
"""
