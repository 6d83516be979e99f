"""The demonstration day: pure plans of facilities, people and one morning, and the client that sends them.

`network`, `population`, `growth`, `morning` decide what happens, by seed and day only; `client`, `preparation`
and `follow_up` carry it out through the public HTTP API.
"""
