"""Readers of the stream of events: the trace, its JSON lines, its timeline."""
