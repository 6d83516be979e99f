"""The local copy of the facility network, fed by the registry's events: a referral finds its puskesmas in it."""
