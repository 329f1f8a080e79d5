import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import rerun as rr
from support import case


def snake_case(name):
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)


def input_of(name, value):
    """What JSON cannot say, as the official SDK takes it."""
    if name in ("edges", "context"):
        return [tuple(tuple(part) if isinstance(part, list) else part for part in item) for item in value]
    if name == "channel_message_counts":
        pairs = [{"channel_id": int(channel), "message_count": count} for channel, count in value.items()]
        return pa.array([pairs], type=rr.components.ChannelMessageCountsBatch._ARROW_DATATYPE)
    if isinstance(value, dict):
        if "bytes" in value:
            return value["bytes"].encode()
        if "tensor" in value:
            return np.array(value["data"], dtype=value["tensor"]).reshape(value["shape"])
        if "axis" in value:
            return rr.RotationAxisAngle(**value)
        if name.endswith("format"):
            return rr.components.ImageFormat(**{snake_case(key): part for key, part in value.items()})
    if isinstance(value, list):
        return [input_of("", part) for part in value]
    return value


def inputs_of(fields):
    return {snake_case(name): input_of(snake_case(name), value) for name, value in fields.items()}


# Clearing these, the official SDK fails, or logs one empty value in place of no value.
NOT_CLEARED_OFFICIALLY = ("AnnotationContext", "BarChart", "McapStatistics", "Pinhole", "Tensor", "ViewCoordinates")


class Empty(rr.ComponentBatchMixin):
    def __init__(self, batch):
        self.type = batch.as_arrow_array().type

    def as_arrow_array(self):
        return pa.nulls(0, self.type)


def clear_unset(archetype, name, full, given):
    """The given fields, and an empty batch for each other one."""
    if name not in NOT_CLEARED_OFFICIALLY:
        return archetype.from_fields(clear_unset=True, **given)
    batches = archetype.from_fields(**given).as_component_batches() if given else []
    known = {batch.component_descriptor() for batch in batches}
    for batch in archetype.from_fields(**full).as_component_batches():
        descriptor = batch.component_descriptor()
        if descriptor not in known:
            batches.append(Empty(batch).described(descriptor))
    return batches


def register(name, sets):
    archetype = getattr(rr.archetypes, name)
    smallest, full, update = (inputs_of(sets[key]) for key in ("smallest", "full", "update"))

    @case(f"fields/{name}/smallest")
    def _(rec):
        rec.log("a", archetype.from_fields(**smallest))

    @case(f"fields/{name}/full")
    def _(rec):
        rec.log("a", archetype.from_fields(**full), static=True)

    @case(f"fields/{name}/update")
    def _(rec):
        rows = [
            archetype.from_fields(**full),
            archetype.from_fields(**update),
            clear_unset(archetype, name, full, smallest),
            clear_unset(archetype, name, full, {}),
        ]
        for frame, row in enumerate(rows):
            rec.set_time("frame", sequence=frame)
            rec.log("a", row)


for name, sets in json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8")).items():
    register(name, sets)
