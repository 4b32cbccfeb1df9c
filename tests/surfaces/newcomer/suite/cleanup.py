"""What runs every night: old drafts are deleted."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from tasksim import resumable

KEPT = timedelta(days=30)


@dataclass
class Draft:
    """What nobody has published yet."""

    changed: datetime
    deleted: bool = False


class Cleanup:
    """Deletes drafts; a plain job, which knows nothing of tasks."""

    def __init__(self, drafts):
        self.drafts = drafts

    def clean_up_drafts(self, cursor, should_stop):
        for at in range(cursor or 0, len(self.drafts)):
            if should_stop():
                return at
            if datetime.now(timezone.utc) - self.drafts[at].changed > KEPT:
                self.drafts[at].deleted = True
        return None


def cleanup_of(drafts):
    """Return the job as a definition."""
    return resumable(Cleanup(drafts).clean_up_drafts)
