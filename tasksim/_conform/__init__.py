"""Conformance: replays recordings of the real engine against a profile and names the first difference.

This layer promises one verdict per row; it must not know how rows are found or printed.
"""
