"""From a file of rows to a Parquet file for other programs: real names and types. Blocking; for threads."""

from pathlib import Path
from typing import Any

from postmill.objects.row_files import StoredColumn, stored_columns

_MOST_DIGITS = 38


def rewrite_typed(source: Path, target: Path) -> None:
    """Decimals, dates and times get their types where all of their values fit them, else they stay text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = stored_columns(source)
    with pq.ParquetFile(source) as file:
        stored = file.schema_arrow
        types = [
            _fitting(pa, pq, file, place, column) or stored.field(place).type
            for place, column in enumerate(columns)
        ]
        schema = pa.schema(
            [pa.field(name, kind) for name, kind in zip(_distinct(columns), types, strict=True)]
        )
        with pq.ParquetWriter(
            target, schema, compression="zstd", compression_level=1, use_dictionary=False
        ) as writer:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number)
                arrays = [_cast(pa, group.column(place), kind) for place, kind in enumerate(types)]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _distinct(columns: list[StoredColumn]) -> list[str]:
    """The names; of repeated ones, all but the first get a number."""
    seen: dict[str, int] = {}
    names = []
    for column in columns:
        seen[column.name] = seen.get(column.name, 0) + 1
        names.append(column.name if seen[column.name] == 1 else f"{column.name}_{seen[column.name]}")
    return names


def _fitting(pa: Any, pq: Any, file: Any, place: int, column: StoredColumn) -> Any:
    """The type that all values of a text column fit; None where it stays as it is."""
    if column.kind == "decimal":
        wanted = _decimal_type(pa, file, place)
    else:
        wanted = {
            "date": pa.date32(), "timestamp": pa.timestamp("us"), "timestamptz": pa.timestamp("us", tz="UTC"),
        }.get(column.kind)  # fmt: skip
    if wanted is None:
        return None
    try:
        for batch in file.iter_batches(batch_size=50_000, columns=[f"c{place}"]):
            _cast(pa, batch.column(0), wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return wanted


def _decimal_type(pa: Any, file: Any, place: int) -> Any:
    whole = fraction = 0
    for batch in file.iter_batches(batch_size=50_000, columns=[f"c{place}"]):
        for text in batch.column(0).to_pylist():
            if text is None:
                continue
            before, _, after = text.lstrip("+-").partition(".")
            if not (before + after).isdigit():
                return None
            whole, fraction = max(whole, len(before)), max(fraction, len(after))
    digits = whole + fraction
    return pa.decimal128(max(digits, 1), fraction) if digits <= _MOST_DIGITS else None


def _cast(pa: Any, array: Any, wanted: Any) -> Any:
    if pa.types.is_date(wanted) and pa.types.is_string(array.type):
        return array.cast(pa.timestamp("s")).cast(wanted)
    return array.cast(wanted)
