"""Compares the blueprints in files of two folders: `compare_blueprints.py OFFICIAL OURS NAME…`.

Prints the differences of each file as JSON, null where there are none. The official command looks at recordings alone.

Ids of parts are random: each UUID is replaced by its number in the order in which UUIDs are met, so that what refers
to what is compared, too. Rows are compared in the order of their row ids, with all times but `log_time`, descriptors,
Arrow types (names, nullability, metadata) and values; unions with the variants they hold.
"""

from __future__ import annotations

import json
import re
import struct
import sys
import uuid
from pathlib import Path
from typing import Any, Iterator

import pyarrow as pa
from rerun.experimental import RrdReader

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
UUID_TYPE = pa.list_(pa.field("item", pa.uint8(), nullable=False), 16)


class Canonical:
    """Gives numbers to UUIDs, in the order in which they are met."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}

    def number(self, id: str) -> str:
        return self.numbers.setdefault(id, f"#{len(self.numbers)}")

    def text(self, text: str) -> str:
        return UUID.sub(lambda match: self.number(match.group()), text)


def type_of(field: pa.Field) -> Any:
    """A field with everything that its type says."""
    kind = field.type
    children = [type_of(kind.field(i)) for i in range(kind.num_fields)]
    metadata = {} if field.metadata is None else {k.decode(): v.decode() for k, v in field.metadata.items()}
    return [field.name, str(kind), field.nullable, metadata, children]


def value_of(array: pa.Array, i: int, ids: Canonical) -> Any:
    """One slot of an array."""
    kind = array.type
    if pa.types.is_union(kind):
        code = array.type_codes[i].as_py()
        return {kind.field(code).name: value_of(array.field(code), array.offsets[i].as_py(), ids)}
    if not array[i].is_valid:
        return None
    if kind == UUID_TYPE:
        return ids.number(str(uuid.UUID(bytes=bytes(array[i].as_py()))))
    if pa.types.is_struct(kind):
        return {kind.field(k).name: value_of(array.field(k), i, ids) for k in range(kind.num_fields)}
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        values = array[i].values
        return [value_of(values, k, ids) for k in range(len(values))]
    value = array[i].as_py()
    return ids.text(value) if isinstance(value, str) else repr(value)


def rows_of(reader: RrdReader, store: Any) -> Iterator[tuple[bytes, str, pa.RecordBatch, int]]:
    for chunk in reader.stream(store=store).to_chunks():
        batch = chunk.to_record_batch()
        row_ids = batch.column(batch.schema.get_field_index("rerun.controls.RowId"))
        for i in range(batch.num_rows):
            yield row_ids[i].as_py(), chunk.entity_path, batch, i


def row_of(path: str, batch: pa.RecordBatch, i: int, ids: Canonical) -> dict[str, Any]:
    row: dict[str, Any] = {"entity": ids.text(path), "times": {}, "components": {}}
    for field, column in zip(batch.schema, batch.columns):
        metadata = field.metadata or {}
        kind = metadata.get(b"rerun:kind", b"data")
        if kind == b"index":
            name = field.name
            time = None if name == "log_time" else str(column[i])
            row["times"][name] = [str(field.type), field.nullable, time]
        elif kind == b"data":
            value = value_of(column, i, ids)
            if value is not None:
                row["components"][field.name] = {"type": type_of(field), "value": value}
    return row


def message_kinds(path: Path) -> Iterator[tuple[int, bytes]]:
    """The messages of a file, as far as their end."""
    data = path.read_bytes()
    at = 12
    while at + 16 <= len(data):
        kind, size = struct.unpack_from("<QQ", data, at)
        if kind == 0:
            return
        yield kind, data[at + 16 : at + 16 + size]
        at += 16 + size


def fields_of(data: bytes) -> dict[int, Any]:
    """The fields of a protobuf message; the last one of each number."""

    def varint(at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = data[at]
            value |= (byte & 127) << shift
            shift += 7
            at += 1
            if byte < 128:
                return value, at

    fields: dict[int, Any] = {}
    at = 0
    while at < len(data):
        tag, at = varint(at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            fields[number], at = varint(at)
        elif wire == 1:
            fields[number] = data[at : at + 8]
            at += 8
        else:
            size, at = varint(at)
            fields[number] = data[at : at + size]
            at += size
    return fields


def activations_of(path: Path) -> list[Any]:
    """Flags of each activation, and how much of its blueprint came too late for it."""
    seen: list[tuple[int, str]] = []
    result = []
    for kind, message in message_kinds(path):
        fields = fields_of(message)
        id = fields_of(fields_of(fields[2])[2] if kind == 1 else fields[1])
        seen.append((kind, str(id[2])))
        if kind == 3:
            result.append({"active": fields.get(2, 0), "default": fields.get(3, 0), "store": str(id[2])})
    for activation in result:
        store = activation.pop("store")
        after = seen[seen.index((3, store)) :]
        activation["late"] = sum(1 for kind, id in after if id == store and kind == 2)
        activation["announced"] = (1, store) in seen[: seen.index((3, store))]
    return result


def has_blueprints(path: Path) -> bool:
    return any(kind == 3 for kind, _ in message_kinds(path))


def content(path: Path) -> dict[str, Any]:
    reader = RrdReader(path)
    # The reader gives stores in no order; their first rows tell which was made first.
    stores = [
        (entry, sorted(rows_of(reader, entry), key=lambda row: row[0])) for entry in reader.blueprints()
    ]
    stores.sort(key=lambda store: store[1][0][0] if store[1] else b"")
    contents = []
    for entry, rows in stores:
        ids = Canonical()
        contents.append({
            "application": entry.application_id,
            "rows": [row_of(path, batch, i, ids) for _, path, batch, i in rows],
        })
    return {"stores": contents, "activations": activations_of(path)}


def difference(official: Any, ours: Any, where: str = "") -> str | None:
    """The first place where two values differ."""
    if isinstance(official, dict) and isinstance(ours, dict):
        for key in [*official, *(key for key in ours if key not in official)]:
            found = difference(official.get(key, "nothing"), ours.get(key, "nothing"), f"{where}/{key}")
            if found is not None:
                return found
        return None
    if isinstance(official, list) and isinstance(ours, list):
        for i, (a, b) in enumerate(zip(official, ours)):
            found = difference(a, b, f"{where}/{i}")
            if found is not None:
                return found
        if len(official) == len(ours):
            return None
        return f"{where}: expected {len(official)}, got {len(ours)}"
    return None if official == ours else f"{where}: expected {official}, got {ours}"


def compare(official: Path, ours: Path) -> str | None:
    if not (has_blueprints(official) or has_blueprints(ours)):
        return None
    return difference(content(official), content(ours))


official, ours, *names = sys.argv[1:]
report = {}
for name in names:
    try:
        report[name] = compare(Path(official) / name, Path(ours) / name)
    except Exception as error:
        report[name] = f"cannot be compared: {error!r}"
print(json.dumps(report))
