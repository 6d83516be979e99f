"""The record of who saw or changed which person."""
