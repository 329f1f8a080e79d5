"""P2: one call with a large point cloud."""

from __future__ import annotations

from typing import Any

import rerun as rr
from protocol import points, recording, serve, timed


def prepare(args: dict[str, Any]) -> Any:
    count = args["size"]["points"]
    positions, colors, radii = points(42, count)

    def body(rec: rr.RecordingStream) -> None:
        rec.log("points", rr.Points3D(positions, colors=colors, radii=radii, labels="some label"))

    return lambda: timed(recording(args), body, size=20 * count)


serve(prepare)
