"""What a zygote does ahead of its children leaves nothing behind."""

import os
from pathlib import Path

from postmill.sandbox.inside import job


def test_a_rehearsal_leaves_environment_and_descriptors_as_they_were() -> None:
    before = dict(os.environ), len(list(Path("/proc/self/fd").iterdir()))
    job.rehearse()
    assert (dict(os.environ), len(list(Path("/proc/self/fd").iterdir()))) == before
    assert not [name for name in os.environ if name.startswith("WM_REHEARSAL")]
