"""ILP screening service: policy packs, stateless evaluation, open days, screenings with judged results.

Owns what was observed and how it was judged; keeps local copies of facilities and persons fed by the registry.
"""
