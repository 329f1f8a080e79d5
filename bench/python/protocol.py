"""What the Python cases share: a run for each line of input, a line of JSON for each run."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import rerun as rr

MASK = 0xFFFFFF


def lcg(seed: int, count: int) -> np.ndarray:
    """The generator of the official benchmarks, as `Lcg` in data.ts; made by doubling."""
    out = np.empty(count, dtype=np.int64)
    a, c = 1140671485 & MASK, 128201163 & MASK
    out[0] = (a * seed + c) & MASK
    done = 1
    while done < count:
        more = min(done, count - done)
        out[done : done + more] = (a * out[:more] + c) & MASK
        a, c = (a * a) & MASK, (a * c + c) & MASK
        done += more
    return out


def random_walks(entities: int, steps: int) -> np.ndarray:
    """Shape (steps, entities), the first step zero."""
    walks = np.zeros((steps, entities))
    if steps > 1:
        moves = lcg(42, entities * (steps - 1)).reshape(steps - 1, entities)
        walks[1:] = np.cumsum((moves / MASK - 0.5) * 0.2, axis=0)
    return walks


def points(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions (n, 3), colours and radii."""
    values = lcg(seed, 5 * count)
    return (
        values[: 3 * count].astype(np.float32).reshape(count, 3),
        values[3 * count : 4 * count].astype(np.uint32),
        values[4 * count :].astype(np.float32),
    )


def noise(seed: int, count: int) -> np.ndarray:
    return (lcg(seed, count) >> 16).astype(np.uint8)


def batcher(kind: str) -> rr.ChunkBatcherConfig:
    """`equal`: 4096 rows, 2 MiB, no timer; `rows`: 4096 rows and nothing else; otherwise the defaults."""
    config = rr.ChunkBatcherConfig()
    if kind in ("equal", "rows"):
        config.flush_tick = timedelta(days=1)
        # A waiting row counts for some hundred bytes here: 2 MiB come together before 4096 rows do.
        config.flush_num_bytes = 2 << 20 if kind == "equal" else 1 << 40
        config.flush_num_rows = 4096
    return config


def recording(args: dict[str, Any]) -> rr.RecordingStream:
    rec = rr.RecordingStream("rerun_rx_bench", batcher_config=batcher(args.get("batching", "default")))
    rec.save(args["file"])
    return rec


def timed(rec: rr.RecordingStream, body: Callable[[rr.RecordingStream], None], *, rows: int = 0, size: int = 0) -> dict[str, Any]:
    """Times a body until the file is closed."""
    cpu = time.process_time()
    start = time.perf_counter()
    body(rec)
    rec.flush()
    rec.disconnect()
    seconds = time.perf_counter() - start
    cpu_seconds = time.process_time() - cpu
    metrics = {"seconds": seconds, "cpuSeconds": cpu_seconds}
    if rows:
        metrics |= {"rowsPerSecond": rows / seconds, "rowsPerCpuSecond": rows / cpu_seconds}
    if size:
        metrics |= {"megabytesPerSecond": size / 1e6 / seconds, "megabytesPerCpuSecond": size / 1e6 / cpu_seconds}
    return {"metrics": metrics}


def serve(prepare: Callable[[dict[str, Any]], Callable[[], dict[str, Any]]]) -> None:
    args = json.loads(sys.argv[1])
    run = prepare(args)
    for _ in sys.stdin:
        if os.path.exists(args["file"]):
            os.remove(args["file"])
        print(json.dumps(run()), flush=True)
