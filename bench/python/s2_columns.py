"""S2: scalars as columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import rerun as rr
from protocol import random_walks, recording, serve, timed


def prepare(args: dict[str, Any]) -> Any:
    size = args["size"]
    entities, steps, batch = size["entities"], size["steps"], size["rowsPerCall"]
    walks = [np.ascontiguousarray(column) for column in random_walks(entities, steps).T]
    frames = np.arange(steps, dtype=np.int64)

    def body(rec: rr.RecordingStream) -> None:
        for t in range(0, steps, batch):
            times = rr.TimeColumn("frame", sequence=frames[t : t + batch])
            for i, walk in enumerate(walks):
                rec.send_columns(f"scalar_{i}", [times], rr.Scalars.columns(scalars=walk[t : t + batch]))

    return lambda: timed(recording(args), body, rows=entities * steps)


serve(prepare)
