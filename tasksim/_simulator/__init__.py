"""Builds a world, wires the engine to it and moves its time. Must not know reports and surfaces."""
