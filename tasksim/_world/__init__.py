"""Time, names, records and what is due: the only source of each. Must not know definitions or rules."""
