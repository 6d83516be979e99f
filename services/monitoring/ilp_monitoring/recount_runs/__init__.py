"""Finished runs of the independent recount, as readers see them."""
