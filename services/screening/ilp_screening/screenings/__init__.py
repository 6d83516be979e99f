"""Screenings that were recorded: reading, correcting and voiding them. Recording them is `ilp_screening.recording`."""
