"""Screenings: recorded by group commit, corrected and voided as new versions, read by person, facility, session."""
