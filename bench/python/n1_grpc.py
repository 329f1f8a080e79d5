"""N1: scalars, or clouds of points, by gRPC to a receiver in another process."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import rerun as rr
from protocol import points, random_walks, serve, timed

CLOUDS = 4


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_hub(args: dict[str, Any]) -> str:
    program = Path(args["build"]) / "dist" / "bench" / "peers" / "hub-program.js"
    hub = subprocess.Popen([args["node"], str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert hub.stdout is not None
    return hub.stdout.readline().strip()


def start_official() -> str:
    port = free_port()
    command = Path(sys.executable).with_name("rerun")
    receiver = subprocess.Popen(
        [str(command), "--serve-grpc", "--server-memory-limit", "0", "--port", str(port), "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    atexit.register(lambda: os.killpg(receiver.pid, signal.SIGKILL))
    assert receiver.stdout is not None
    for line in receiver.stdout:
        if "Listening for gRPC connections" in line:
            return f"rerun+http://127.0.0.1:{port}/proxy"
    raise RuntimeError("the receiver ended before it listened")


def prepare(args: dict[str, Any]) -> Any:
    size = args["size"]
    url = start_hub(args) if args["receiver"] == "hub" else start_official()

    if args["what"] == "scalars":
        entities, steps = size["entities"], size["pythonSteps"]
        paths = [f"scalar_{i}" for i in range(entities)]
        walks = random_walks(entities, steps).tolist()
        amount = {"rows": entities * steps}

        def body(rec: rr.RecordingStream) -> None:
            for t, row in enumerate(walks):
                for path, value in zip(paths, row):
                    rec.set_time("frame", sequence=t)
                    rec.log(path, rr.Scalars(value))

    else:
        calls = size["pythonCalls"]
        data = [points(i, args["points"]) for i in range(CLOUDS)]
        amount = {"size": 20 * args["points"] * calls}

        def body(rec: rr.RecordingStream) -> None:
            for i in range(calls):
                positions, colors, radii = data[i % CLOUDS]
                rec.set_time("frame", sequence=i)
                rec.log("points", rr.Points3D(positions, colors=colors, radii=radii))

    def run() -> dict[str, Any]:
        rec = rr.RecordingStream("rerun_rx_bench")
        rec.connect_grpc(url)
        return timed(rec, body, **amount)

    return run


serve(prepare)
