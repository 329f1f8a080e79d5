"""L1: text log with level."""

from __future__ import annotations

from typing import Any

import rerun as rr
from protocol import lcg, recording, serve, timed


def prepare(args: dict[str, Any]) -> Any:
    rows = args["size"]["pythonRows"]
    texts = [f"motor {n} reached its target position within tolerance".ljust(60, ".")[:60] for n in lcg(42, 1000)]

    def body(rec: rr.RecordingStream) -> None:
        for i in range(rows):
            rec.log("log", rr.TextLog(texts[i % len(texts)], level="INFO"))

    return lambda: timed(recording(args), body, rows=rows)


serve(prepare)
