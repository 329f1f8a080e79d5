"""Writes the official SDK's file of every conformance case: `write_cases.py FOLDER`.

One process for all, as starting Python takes longer than any case.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path

import rerun as rr

sys.dont_write_bytecode = True
here = Path(__file__).parent
sys.path.insert(0, str(here))

from support import BLUEPRINT_FILES, BLUEPRINTS, CASES, Case  # noqa: E402


def file_name(name: str) -> str:
    return name.replace("/", "__") + ".rrd"


def forget_types() -> None:
    """Lets each case infer the types of `AnyValues` anew, as if it ran alone."""
    from rerun import any_batch_value

    any_batch_value.ANY_VALUE_TYPE_REGISTRY.__init__()


def open_recording(name: str, case: Case) -> rr.RecordingStream:
    options = {"recording_id": name, "send_properties": case.send_properties}
    if not case.batched:
        return rr.RecordingStream(case.app, **options)
    # The variable, which makes each row a chunk, would win over the configuration.
    rows = os.environ.pop("RERUN_FLUSH_NUM_ROWS", None)
    try:
        return rr.RecordingStream(case.app, **options, batcher_config=rr.ChunkBatcherConfig.NEVER())
    finally:
        if rows is not None:
            os.environ["RERUN_FLUSH_NUM_ROWS"] = rows


def log(rec: rr.RecordingStream, name: str, case: Case) -> None:
    make, first = BLUEPRINTS.get(name, (None, False))
    if make is not None and first:
        rec.send_blueprint(make())
    case.log(rec)
    if make is not None and not first:
        rec.send_blueprint(make())


def main(folder: Path) -> None:
    for path in sorted((here / "cases").glob("*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)

    report = {}
    for name, case in CASES.items():
        forget_types()
        try:
            rec = open_recording(name, case)
            rec.save(folder / file_name(name))
            log(rec, name, case)
            rec.flush()
            rec.disconnect()
            report[name] = None
        except Exception:
            report[name] = traceback.format_exc(limit=-3)
    for name, (app, make) in BLUEPRINT_FILES.items():
        try:
            make().save(app, folder / file_name(name))
            report[name] = None
        except Exception:
            report[name] = traceback.format_exc(limit=-3)
    print(json.dumps(report))


main(Path(sys.argv[1]))
