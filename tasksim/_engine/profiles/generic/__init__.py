"""Resumable jobs on a host of no particular kind: as documented, without the limits of one engine."""

from __future__ import annotations

from dataclasses import replace

from tasksim._engine.profiles.documented import PROFILE as DOCUMENTED

__all__ = ["PROFILE"]

PROFILE = replace(
    DOCUMENTED,
    name="generic",
    releases="resumable jobs of any host: as documented, but a crash is retried, and little is limited",
    default_max_iterations=None,
    max_output_bytes=None,
    most_transitions=None,
    close_limit_ms=60_000,
    on_crash="retry(2)",
    log_switch="database_logs",
    logs_by_default=False,
)
