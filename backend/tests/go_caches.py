"""What takes minutes to compile for Go, kept between test runs of a machine as it is between runs of the product."""

import os
from pathlib import Path


def share_go_caches(cache_dir: Path) -> None:
    """Lets a cache folder that is new use the compiled packages of earlier runs, and their gopls.

    Go's own cache is made for many users at a time; gopls is built under a lock that lies beside it. Modules and
    compiled scripts are not shared: tests look at how they come to be.
    """
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "postmill-tests" / "go"
    own = cache_dir / "go"
    own.mkdir(parents=True, exist_ok=True)
    for name in ("build", "gopls"):
        (kept / name).mkdir(parents=True, exist_ok=True)
        (own / name).symlink_to(kept / name)
