"""Households: persons who share a family card (KK). They are made and found by the persons who name them."""
