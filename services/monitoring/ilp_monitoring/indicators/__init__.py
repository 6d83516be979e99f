"""Definitions of indicators: data with sources, their loader, and the route that shows them."""
