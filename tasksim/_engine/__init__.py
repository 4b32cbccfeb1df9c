"""What the real engine does with one event, and the state machine around it, by profile.

Knows faults only as a protocol and readers of the trace not at all.
"""
