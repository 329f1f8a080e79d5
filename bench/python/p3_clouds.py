"""P3: a cloud of 1000 points for each call, as fast as it goes or at a fixed rate."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import rerun as rr
from protocol import points, recording, serve, timed

POINTS = 1000
CLOUDS = 16


def prepare(args: dict[str, Any]) -> Any:
    calls = args["size"]["pythonCalls"]
    frame = args.get("frameSeconds")
    clouds = [points(i, POINTS) for i in range(CLOUDS)]

    def log(rec: rr.RecordingStream, i: int) -> None:
        positions, colors, radii = clouds[i % CLOUDS]
        rec.set_time("frame", sequence=i)
        rec.log("points", rr.Points3D(positions, colors=colors, radii=radii))

    def body(rec: rr.RecordingStream) -> None:
        for i in range(calls):
            log(rec, i)

    def paced() -> dict[str, Any]:
        rec = recording(args)
        micros = np.empty(calls)
        began = time.perf_counter()
        for i in range(calls):
            wait = began + i * frame - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            before = time.perf_counter()
            log(rec, i)
            micros[i] = (time.perf_counter() - before) * 1e6
        rec.flush()
        rec.disconnect()
        return {"metrics": {"p50": float(np.quantile(micros, 0.5)), "p99": float(np.quantile(micros, 0.99))}}

    if frame is not None:
        return paced
    return lambda: timed(recording(args), body, size=20 * POINTS * calls)


serve(prepare)
