"""D1: time of one call at 50 kHz, or as fast as it goes when that is slower."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import rerun as rr
from protocol import recording, serve

HZ = 50_000


def prepare(args: dict[str, Any]) -> Any:
    seconds = args["size"]["milliseconds"] / 1000
    paths = [f"scalar_{i}" for i in range(10)]

    def run() -> dict[str, Any]:
        rec = recording(args)
        micros = []
        began = time.perf_counter()
        i = 0
        while True:
            due = began + i / HZ
            before = time.perf_counter()
            if before - began > seconds:
                break
            while before < due:
                before = time.perf_counter()
            rec.set_time("frame", sequence=i)
            rec.log(paths[i % 10], rr.Scalars(math.sin(i)))
            micros.append((time.perf_counter() - before) * 1e6)
            i += 1
        rec.flush()
        rec.disconnect()
        p50, p99, p999, most = (float(q) for q in np.quantile(micros, [0.5, 0.99, 0.999, 1]))
        return {"metrics": {"p50": p50, "p99": p99, "p999": p999, "max": most, "calls": i}}

    return run


serve(prepare)
