"""The suite is run by `test_newcomer.py`, as a project of its own, and is none of ours."""

collect_ignore = ["suite"]
