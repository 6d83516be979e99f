"""Facilities: puskesmas, pustu and posyandu with their network and catchment."""
