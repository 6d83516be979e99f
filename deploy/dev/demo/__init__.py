"""The demonstration: pure plans of facilities, people, one morning and the months before it, and the client that sends.

`network`, `population`, `growth`, `trends`, `morning`, `history` decide what happens, by seed and day only; `client`,
`preparation`, `follow_up` and `loading` carry it out through the public HTTP API; `progress` says how far it is.
"""
