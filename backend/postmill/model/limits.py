"""What a job may use."""

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Bounds of one job; every one of them ends the job with a sentence that names it."""

    wall_seconds: float = 900.0
    memory_bytes: int = 2 * 1024**3
    processes: int = 256
    file_bytes: int = 4 * 1024**3
    disk_bytes: int = 10 * 1024**3
    open_files: int = 1024
    log_bytes: int = 10 * 1024**2
    result_bytes: int = 500 * 1024**2
    grace_seconds: float = 5.0
