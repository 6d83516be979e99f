"""The situation of one area: REST snapshot, read model of the page."""
