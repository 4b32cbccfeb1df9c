"""Checking: a target is run under many plans, each run is judged, and the least failure is told.

From the bottom: `targets` (what is checked), `watching` (what a run touches), `laboratory` (runs it under a
plan), `facts` (what judges read of a run), `candidates` (which faults can come next), `baseline` (the uncut
run), `judges/`, `search` and `random_search` (which plans, in which order), `minimising`, `findings` and
`story` (what is told), `checking` (the calls). Everything here reads the engine's events and counts; the
engine knows nothing of it.
"""
