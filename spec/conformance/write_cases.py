"""Writes the official SDK's file of every conformance case: `write_cases.py FOLDER`.

One process for all, as starting Python takes longer than any case.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import traceback
from pathlib import Path

import rerun as rr

sys.dont_write_bytecode = True
here = Path(__file__).parent
sys.path.insert(0, str(here))

from support import CASES  # noqa: E402


def file_name(name: str) -> str:
    return name.replace("/", "__") + ".rrd"


def forget_types() -> None:
    """Lets each case infer the types of `AnyValues` anew, as if it ran alone."""
    from rerun import any_batch_value

    any_batch_value.ANY_VALUE_TYPE_REGISTRY.__init__()


def main(folder: Path) -> None:
    for path in sorted((here / "cases").glob("*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)

    report = {}
    for name, case in CASES.items():
        forget_types()
        try:
            rec = rr.RecordingStream(case.app, recording_id=name, send_properties=case.send_properties)
            rec.save(folder / file_name(name))
            case.log(rec)
            rec.flush()
            rec.disconnect()
            report[name] = None
        except Exception:
            report[name] = traceback.format_exc(limit=-3)
    print(json.dumps(report))


main(Path(sys.argv[1]))
