"""What a zygote does ahead of its children leaves nothing behind."""

import os

from postmill.sandbox.inside import job


def open_files() -> set[str]:
    with os.scandir("/proc/self/fd") as entries:
        return {entry.name for entry in entries}


def test_a_rehearsal_leaves_environment_and_descriptors_as_they_were() -> None:
    before, open_before = dict(os.environ), open_files()
    job.rehearse()
    assert dict(os.environ) == before
    assert open_files() <= open_before  # fewer where what others left is collected meanwhile
    assert not [name for name in os.environ if name.startswith("WM_REHEARSAL")]
