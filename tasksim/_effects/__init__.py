"""Effects: what tasks do to the outside world, in a ledger that the judges of exploration read."""
