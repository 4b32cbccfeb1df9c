"""Strict mode: finds what a task does that the simulation cannot see or cannot repeat.

`Watch` looks on while an event is handled; `check_starts` compares simulations that differ in nothing but
their start. This package reads events and calls of the process; it must not know the simulator.
"""
