"""P1: one point for each call."""

from __future__ import annotations

from typing import Any

import rerun as rr
from protocol import points, recording, serve, timed


def prepare(args: dict[str, Any]) -> Any:
    count = args["size"].get("pythonPoints", args["size"]["points"])
    positions, colors, radii = points(1337, count)

    def body(rec: rr.RecordingStream) -> None:
        for i in range(count):
            rec.set_time("my_timeline", sequence=i)
            rec.log("single_point", rr.Points3D([positions[i]], colors=colors[i], radii=radii[i]))

    return lambda: timed(recording(args), body, rows=count)


serve(prepare)
