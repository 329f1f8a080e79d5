import rerun as rr
from support import case, uniform


@case("batches/rows", batched=True)
def _(rec):
    for i in range(50):
        rec.set_time("step", sequence=i)
        positions = uniform(3 * (i % 4), i, -1, 1).reshape(-1, 3)
        rec.log("points", rr.Points3D(positions, radii=0.1, labels=f"row {i}"))
        rec.log("scalars", rr.Scalars(i / 2))
        rec.log("text", rr.TextLog(f"line {i}"))


@case("batches/components_that_come_and_go", batched=True)
def _(rec):
    for i in range(30):
        rec.set_time("step", sequence=i)
        if i % 3 == 0:
            rec.log("a", rr.Points3D([i, 0, 0], colors=0xFF0000FF))
        elif i % 3 == 1:
            rec.log("a", rr.Points3D.from_fields(radii=[i, i]))
        else:
            rec.log("a", rr.Points3D.cleared())
        rec.log("b", rr.Transform3D(translation=[i, 0, 0]) if i % 2 == 0 else rr.Transform3D(scale=i))
    rec.log("b", rr.Clear(recursive=True))


@case("batches/timelines_that_come_and_go", batched=True)
def _(rec):
    for i in range(20):
        rec.set_time("step", sequence=i)
        if i % 5 == 0:
            rec.set_time("other", duration=i)
        if i % 5 == 3:
            rec.disable_timeline("other")
        rec.log("a", rr.Scalars(i))
    rec.reset_time()
    rec.log("a", rr.Scalars(20))


@case("batches/unsorted", batched=True)
def _(rec):
    for i in range(600):
        rec.set_time("step", sequence=i * 7 % 600)
        rec.log("a", rr.Scalars(i))


@case("batches/static", batched=True)
def _(rec):
    for i in range(5):
        rec.log("a", rr.TextLog(f"static {i}"), static=True)
        rec.log("b", rr.Scalars(i))


@case("batches/any_values", batched=True)
def _(rec):
    for i in range(10):
        rec.log("a", rr.AnyValues(batched_number=i / 2 + 0.25, batched_text=[str(n) for n in range(i)]))
