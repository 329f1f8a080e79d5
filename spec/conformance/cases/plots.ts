import {
  BarChart,
  Scalars,
  SeriesLines,
  SeriesPoints,
  StateChange,
  StateConfiguration,
  Tensor,
} from "../../../lib/index.ts";
import type { Case, Cases } from "../case.ts";
import { noiseBytes, range } from "../data.ts";

const int64 = (...values: readonly number[]): BigInt64Array => BigInt64Array.from(values, BigInt);

const heights = int64(8, 4, 0, 9, 1, 4);

const scalarRows = (app: string, path: string): Case => ({
  app,
  log: (rec) => {
    for (const step of range(64)) {
      rec.setTime("step", { sequence: step });
      rec.log(path, Scalars(Math.sin(step / 10)));
    }
  },
});

const waves = (app: string, count: number): Case => ({
  app,
  log: (rec) => {
    for (const t of range(count)) {
      rec.setTime("step", { sequence: t });
      rec.log("trig/sin", Scalars(Math.sin(t / 10)));
      rec.log("trig/cos", Scalars(Math.cos(t / 10)));
    }
  },
});

const door = (app: string): Case => ({
  app,
  log: (rec) => {
    for (const [step, state] of ["open", "closed", "open"].entries()) {
      rec.setTime("step", { sequence: step });
      rec.log("door", StateChange(state));
    }
  },
});

/** Official snippets of plots, tensors and states. */
export const plots: Cases = {
  "archetypes/bar_chart": {
    app: "rerun_example_bar_chart",
    log: (rec) => {
      rec.log("plain", BarChart(heights));
      const abscissa = int64(0, 1, 3, 4, 7, 11);
      rec.log("abscissa", BarChart(heights, { abscissa }));
      rec.log("widths", BarChart(heights, { abscissa, widths: [1, 2, 1, 3, 4, 1] }));
    },
  },
  "archetypes/scalars_column_updates": {
    app: "rerun_example_scalar_column_updates",
    log: (rec) =>
      rec.sendColumns(
        "scalars",
        { step: { sequence: range(64) } },
        Scalars.columns({ scalars: Float64Array.from(range(64), (t) => Math.sin(t / 10)) }),
      ),
  },
  "archetypes/scalars_row_updates": scalarRows("rerun_example_scalar_row_updates", "scalars"),
  "archetypes/scalars_simple": scalarRows("rerun_example_scalar", "scalar"),
  "archetypes/series_lines_style": {
    app: "rerun_example_series_line_style",
    log: (rec) => {
      rec.log("trig/sin", SeriesLines({ colors: [255, 0, 0], names: "sin(t)", widths: 2 }), {
        static: true,
      });
      rec.log("trig/cos", SeriesLines({ colors: [0, 255, 0], names: "cos(t)", widths: 4 }), {
        static: true,
      });
      waves("", 300).log(rec);
    },
  },
  "archetypes/series_points_style": {
    app: "rerun_example_series_point_style",
    log: (rec) => {
      rec.log(
        "trig/sin",
        SeriesPoints({ colors: [255, 0, 0], names: "sin(t)", markers: "circle", markerSizes: 4 }),
        { static: true },
      );
      rec.log(
        "trig/cos",
        SeriesPoints({ colors: [0, 255, 0], names: "cos(t)", markers: "cross", markerSizes: 2 }),
        { static: true },
      );
      waves("", 125).log(rec);
    },
  },
  "archetypes/state_change": door("rerun_example_state_change"),
  "archetypes/tensor_simple": {
    app: "rerun_example_tensor",
    log: (rec) =>
      rec.log(
        "tensor",
        Tensor({
          data: noiseBytes(720, 11),
          shape: [8, 6, 3, 5],
          names: ["width", "height", "channel", "batch"],
        }),
      ),
  },
  "howto/state_timeline": {
    app: "rerun_example_howto_state_timeline",
    log: (rec) => {
      rec.log(
        "door",
        StateConfiguration({
          values: ["open", "closed"],
          labels: ["Open", "Closed"],
          colors: [0x4caf50ff, 0xef5350ff],
        }),
        { static: true },
      );
      const changes = [
        [0, "door", "open"],
        [0, "window", "closed"],
        [1, "door", "closed"],
        [3, "window", "open"],
      ] as const;
      for (const [step, path, state] of changes) {
        rec.setTime("step", { sequence: step });
        rec.log(path, StateChange(state));
      }
    },
  },
  "tutorials/getting_started_log": {
    app: "rerun_example_getting_started",
    sendProperties: false,
    log: (rec) => {
      for (const t of range(10)) {
        rec.setTime("step", { sequence: t });
        rec.log("/arm/shoulder", Scalars(Math.sin(t / 2)));
        rec.log("/arm/elbow", Scalars(Math.cos(t / 2)));
      }
    },
  },
  "tutorials/visualizer-overrides": waves("rerun_example_series_line_overrides", 125),
  "views/bar_chart": {
    app: "rerun_example_bar_chart",
    log: (rec) => rec.log("bar_chart", BarChart(heights)),
  },
  "views/state_timeline": door("rerun_example_state_timeline"),
  "views/timeseries": {
    app: "rerun_example_timeseries",
    log: (rec) => {
      const colors = { sin: [255, 0, 0], cos: [0, 255, 0], cos_scaled: [0, 0, 255] };
      for (const [name, color] of Object.entries(colors)) {
        rec.log(`trig/${name}`, SeriesLines({ colors: color, names: name }), { static: true });
      }
      for (const t of range(300)) {
        rec.setTime("timeline0", { sequence: t });
        rec.setTime("timeline1", { duration: t });
        rec.log("trig/sin", Scalars(Math.sin(t / 100)));
        rec.log("trig/cos", Scalars(Math.cos(t / 100)));
        rec.log("trig/cos_scaled", Scalars(2 * Math.cos(t / 100)));
      }
    },
  },
};
