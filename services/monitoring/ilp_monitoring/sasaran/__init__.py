"""Projected denominators: sizes of population groups from published population and age structure."""
