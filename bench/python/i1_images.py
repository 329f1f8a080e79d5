"""I1: images of 1024 x 1024 RGBA."""

from __future__ import annotations

from typing import Any

import rerun as rr
from protocol import noise, recording, serve, timed

SIDE = 1024


def prepare(args: dict[str, Any]) -> Any:
    calls = args["size"]["calls"]
    pixels = noise(42, SIDE * SIDE * 4).reshape(SIDE, SIDE, 4)
    flat = pixels.reshape(-1)

    def body(rec: rr.RecordingStream) -> None:
        for i in range(calls):
            flat[i] = (int(flat[i]) + 1) & 0xFF
            rec.set_time("frame", sequence=i)
            rec.log("image", rr.Image(pixels))

    return lambda: timed(recording(args), body, size=pixels.nbytes * calls)


serve(prepare)
