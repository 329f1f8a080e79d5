import json
import re
import uuid
from pathlib import Path

import rerun as rr
import rerun.blueprint as rrb
from rerun.blueprint import datatypes
from support import case

FIELDS = json.loads(Path(__file__).with_name("blueprint-fields.json").read_text(encoding="utf-8"))
CATALOGUE = json.loads((Path(__file__).parents[3] / "scripts/catalogue/types-0.33.json").read_text(encoding="utf-8"))


def snake_case(name):
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)


def boundary_of(value):
    if value == "infinite":
        return rrb.TimeRangeBoundary.infinite()
    if "relative" in value:
        return rrb.TimeRangeBoundary.cursor_relative(seq=value["relative"])
    return rrb.TimeRangeBoundary.absolute(seq=value["absolute"])


def range_of(value):
    return rr.TimeRange(start=boundary_of(value["start"]), end=boundary_of(value["end"]))


def selector_of(column):
    return rrb.components.ComponentColumnSelector(entity_path=column[0], component=column[1])


def mapping_of(value):
    given = {snake_case(key): part for key, part in value.items()}
    given["source_kind"] = datatypes.ComponentSourceKind.auto(given["source_kind"])
    return datatypes.VisualizerComponentMapping(**given)


def selected_columns_of(value):
    columns = [selector_of(column) for column in value["columns"]]
    return rrb.components.SelectedColumns([*(rr.datatypes.Utf8(name) for name in value["timelines"]), *columns])


CONVERT = {
    "instruction_ids": lambda value: [uuid.UUID(id["uuid"]).bytes for id in value],
    "root_container": lambda value: uuid.UUID(value["uuid"]).bytes,
    "maximized": lambda value: uuid.UUID(value["uuid"]).bytes,
    "filter_by_range": lambda value: rrb.components.FilterByRange(value["start"], value["end"]),
    "filter_is_not_null": lambda value: rrb.components.FilterIsNotNull(
        active=value["active"], column=selector_of(value["column"])
    ),
    "select": selected_columns_of,
    "plane": lambda value: rr.datatypes.Plane3D(value["normal"], value["distance"]),
    "view_range": range_of,
    "time_selection": lambda value: rr.datatypes.AbsoluteTimeRange(value["min"], value["max"]),
    "ranges": lambda value: [rrb.VisibleTimeRange(one["timeline"], range=range_of(one)) for one in value],
    "component_map": lambda value: [mapping_of(one) for one in value],
    "width": lambda value: rr.TensorDimensionSelection(**value),
    "height": lambda value: rr.TensorDimensionSelection(**value),
    "indices": lambda value: [rr.TensorDimensionIndexSelection(**one) for one in value],
    "timeline_columns": lambda value: [datatypes.TimelineColumn(**one) for one in value],
    "text_log_columns": lambda value: [
        datatypes.TextLogColumn(datatypes.TextLogColumnKind.auto(one["kind"]), visible=one["visible"]) for one in value
    ],
}


def inputs_of(archetype, fields):
    def convert(name, value):
        if archetype == "VisualBounds2D":
            return rrb.components.VisualBounds2D(x_range=value["xRange"], y_range=value["yRange"])
        return CONVERT[name](value) if name in CONVERT else value

    return {snake_case(key): convert(snake_case(key), value) for key, value in fields.items()}


def make(archetype, fields):
    return getattr(rrb.archetypes, archetype).from_fields(**inputs_of(archetype, fields))


def register(name, sets):
    @case(f"fields/blueprint/{name}/smallest")
    def _(rec):
        rec.log("a", make(name, sets["smallest"]))

    @case(f"fields/blueprint/{name}/full")
    def _(rec):
        rec.log("a", make(name, sets["full"]), static=True)

    @case(f"fields/blueprint/{name}/update")
    def _(rec):
        for frame, fields in enumerate([sets["full"], sets["update"], sets["smallest"]]):
            rec.set_time("frame", sequence=frame)
            rec.log("a", make(name, fields))


def register_view(name, properties, seen):
    view = getattr(rrb, name)

    def sends(case_name, options):
        case(case_name)(lambda rec: rec.send_blueprint(view(**options())))

    for prop in properties:
        key, archetype = prop["name"], prop["archetype"].rsplit(".", 1)[-1]
        full = FIELDS[archetype]["full"]
        sends(f"blueprint/view/{name}/{key}", lambda key=key, a=archetype, f=full: {key: make(a, f)})
        if archetype in seen:
            continue
        seen.add(archetype)
        for field, value in full.items():
            fields = {field: value}
            sends(f"blueprint/property/{archetype}/{field}", lambda key=key, a=archetype, f=fields: {key: make(a, f)})

    def everything():
        given = {prop["name"]: prop["archetype"].rsplit(".", 1)[-1] for prop in properties}
        options = {"origin": "/a/b", "contents": ["+ $origin/**", "- /c"], "name": name, "visible": False}
        return {**options, **{key: make(archetype, FIELDS[archetype]["full"]) for key, archetype in given.items()}}

    sends(f"blueprint/view/{name}", dict)
    sends(f"blueprint/view/{name}/all", everything)


for name, sets in FIELDS.items():
    register(name, sets)

seen: set = set()
for name, view in CATALOGUE["views"].items():
    register_view(name.rsplit(".", 1)[-1], view["properties"], seen)
