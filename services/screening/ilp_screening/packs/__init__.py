"""Versioned policy packs of the screening service: clinical limits as data with sources, and the loader.

Read once by `loader.load_packs`; the rules in `ilp_screening.rules` get the frozen objects as arguments.
"""
