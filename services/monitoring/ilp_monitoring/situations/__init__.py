"""The situation of one area: numbers, denominators, completeness and how current they are."""
