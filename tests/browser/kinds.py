"""The kinds of pages a reader can meet, for the tests that look at all of them."""

KINDS = {
    "nation": "id",
    "province": "13",
    "regency by village": "13.76",
    "regency by district": "17.05",
    "district": "13.76.01",
    "district without outlines": "95.06.03",
    "village": "13.76.01.1004",
    "error": "99.99",
}
"""Name of the kind → area whose page is of it. 95.06.03 has more villages (108) than any other district."""
LISTS = ("id", "13", "13.76", "17.05", "13.76.01", "95.06.03")
"""Areas whose pages list areas below them."""
