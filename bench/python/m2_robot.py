"""M2: the mixed robot of foxglove/mcap PR 1611."""

from __future__ import annotations

from typing import Any

import numpy as np
import rerun as rr
from protocol import lcg, noise, points, recording, serve, timed

RATES = (200, 50, 100, 10, 15)
TF_MOST = 20
LIDAR_POINTS = 230 * 1024 // 12
CAMERA_BYTES = 512 * 1024
FRAMES = [
    (f"tf/{i}", f"robot/arm/joint_{i}/link".ljust(26, "_"), f"robot/arm/joint_{i}/base".ljust(26, "_"))
    for i in range(TF_MOST)
]


def schedule(seconds: float) -> list[tuple[int, int, int]]:
    """Time in nanoseconds, channel, number of transforms; in the order of their times."""
    numbers = iter(lcg(7, round(RATES[2] * seconds)))
    messages = []
    for channel, hz in enumerate(RATES):
        for i in range(round(hz * seconds)):
            transforms = 1 + int(next(numbers)) % TF_MOST if channel == 2 else 0
            messages.append((round(i * 1e9 / hz), channel, transforms))
    return sorted(messages, key=lambda message: message[0])


def prepare(args: dict[str, Any]) -> Any:
    messages = schedule(args["size"]["milliseconds"] / 1000)
    imu = np.sin(np.arange(12.0))
    odom = np.cos(np.arange(37.0))
    cloud, _, _ = points(3, LIDAR_POINTS)
    jpeg = noise(4, CAMERA_BYTES)
    sizes = (imu.nbytes, odom.nbytes, 80, cloud.nbytes, jpeg.nbytes)
    size = sum(sizes[channel] * max(1, transforms) for _, channel, transforms in messages)

    def body(rec: rr.RecordingStream) -> None:
        for i, (time_ns, channel, transforms) in enumerate(messages):
            rec.set_time("time", timestamp=np.datetime64(time_ns, "ns"))
            if channel == 0:
                imu[0] = i
                rec.log("imu", rr.Scalars(imu))
            elif channel == 1:
                odom[0] = i
                rec.log("odom", rr.Scalars(odom))
            elif channel == 2:
                for n in range(transforms):
                    path, child, parent = FRAMES[n]
                    rec.log(
                        path,
                        rr.Transform3D(
                            translation=[i, n, 0],
                            quaternion=[0, 0, 0, 1],
                            child_frame=child,
                            parent_frame=parent,
                        ),
                    )
            elif channel == 3:
                cloud[0, 0] = i
                rec.log("lidar", rr.Points3D(cloud))
            else:
                jpeg[i % 1000] = i & 0xFF
                rec.log("camera", rr.EncodedImage(contents=jpeg.tobytes(), media_type="image/jpeg"))

    return lambda: timed(recording(args), body, size=size)


serve(prepare)
