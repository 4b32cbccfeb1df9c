"""Plans: which faults strike where, as values, text and tokens. Must not know who makes them."""
