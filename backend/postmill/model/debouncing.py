"""When runs of a script or flow that come shortly after each other become one."""

import msgspec


class Debouncing(msgspec.Struct, frozen=True):
    """Members as on the wire; all times in seconds. Nothing is joined without a delay; 0 and below bound nothing."""

    debounce_delay_s: int | None = None
    debounce_key: str | None = None
    debounce_args_to_accumulate: tuple[str, ...] = ()
    max_total_debouncing_time: int | None = None
    max_total_debounces_amount: int | None = None

    @property
    def joins(self) -> bool:
        """Whether runs wait for others at all."""
        return (self.debounce_delay_s or 0) > 0
