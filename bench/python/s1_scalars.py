"""S1: scalars one by one."""

from __future__ import annotations

from typing import Any

import rerun as rr
from protocol import random_walks, recording, serve, timed


def prepare(args: dict[str, Any]) -> Any:
    size = args["size"]
    entities = size["entities"]
    steps = size.get("pythonSteps", size.get("steps"))
    paths = [f"scalar_{i}" for i in range(entities)]
    walks = random_walks(entities, steps).tolist()

    def body(rec: rr.RecordingStream) -> None:
        for t, row in enumerate(walks):
            for path, value in zip(paths, row):
                rec.set_time("frame", sequence=t)
                rec.log(path, rr.Scalars(value))

    return lambda: timed(recording(args), body, rows=entities * steps)


serve(prepare)
