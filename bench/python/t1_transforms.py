"""T1: transforms of a translation and a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import rerun as rr
from protocol import lcg, recording, serve, timed


def prepare(args: dict[str, Any]) -> Any:
    entities, steps = args["size"]["entities"], args["size"]["steps"]
    values = lcg(1337, 12 * entities * steps).astype(np.float32).reshape(steps, entities, 12)

    def body(rec: rr.RecordingStream) -> None:
        for t in range(steps):
            rec.set_time("frame", sequence=t)
            for i in range(entities):
                row = values[t, i]
                rec.log(f"transform_{i}", rr.Transform3D(translation=row[:3], mat3x3=row[3:].reshape(3, 3)))

    return lambda: timed(recording(args), body, rows=entities * steps)


serve(prepare)
