"""What the Python side of the conformance cases has in common."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

import numpy as np
import rerun as rr


class Case(NamedTuple):
    app: str
    send_properties: bool
    batched: bool
    log: Callable[[rr.RecordingStream], None]


CASES: dict[str, Case] = {}

# Blueprints of official snippets by name, and whether they are sent before the data.
BLUEPRINTS: dict[str, tuple[Callable[[], Any], bool]] = {}

# Blueprints that are saved to files of their own, and their application ids.
BLUEPRINT_FILES: dict[str, tuple[str, Callable[[], Any]]] = {}


def case(name: str, app: str = "conformance", send_properties: bool = True, batched: bool = False):
    """Registers a function that logs the case of this name, as the TypeScript side does."""

    def register(log: Callable[[rr.RecordingStream], None]):
        assert name not in CASES, f"{name} is there twice"
        CASES[name] = Case(app, send_properties, batched, log)
        return log

    return register


def blueprint_of(name: str, first: bool = False):
    """Registers a function that makes the blueprint which the snippet of this name sends beside its data."""

    def register(make: Callable[[], Any]):
        BLUEPRINTS[name] = (make, first)
        return make

    return register


def blueprint_file(name: str, app: str):
    """Registers a function that makes a blueprint which is saved by itself."""

    def register(make: Callable[[], Any]):
        BLUEPRINT_FILES[name] = (app, make)
        return make

    return register


def noise(count: int, seed: int) -> np.ndarray:
    """Numbers in [0, 1), the same as those of `noise` in `data.ts`."""
    numbers = np.empty(count)
    state = seed
    for i in range(count):
        state = (1_664_525 * state + 1_013_904_223) % 2**32
        numbers[i] = state / 2**32
    return numbers


def uniform(count: int, seed: int, low: float, high: float) -> np.ndarray:
    return low + noise(count, seed) * (high - low)


def noise_bytes(count: int, seed: int) -> bytes:
    return (noise(count, seed) * 256).astype(np.uint8).tobytes()
