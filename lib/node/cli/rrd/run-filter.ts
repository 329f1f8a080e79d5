import { filterEntities } from "../../../../operators/filter-entities.ts";
import { withoutTimelines } from "../../../chunk-edit.ts";
import { entityPath } from "../../../entity-path.ts";
import type { LogMsg } from "../../../log-msg.ts";
import { Subject } from "../../../rxjs.ts";
import type { TransformArguments } from "./flags.ts";
import { runTransform } from "./transform.ts";

/** What the command line says. */
export interface FilterArguments extends TransformArguments {
  readonly dropTimeline: readonly string[];
  readonly dropEntity: readonly string[];
  readonly entities: readonly string[];
}

/** Copies messages without some timelines and entities. Chunks stay as they are otherwise. */
export async function runFilter(argv: FilterArguments): Promise<number> {
  const droppedPaths = new Set(argv.dropEntity.map((path) => entityPath(path)));
  const droppedTimelines = new Set(argv.dropTimeline);
  const keeps = argv.entities.length === 0 ? undefined : keeper(argv.entities.join("\n"));
  return await runTransform(argv, {
    each: (message) => {
      if (keeps?.(message) === false) return [];
      if (message.kind !== "chunk") return [message];
      if (droppedPaths.has(message.chunk.entityPath)) return [];
      const chunk = withoutTimelines(
        message.chunk,
        (name) => droppedTimelines.has(name),
        // As the official command does it.
        "static",
      );
      if (chunk === undefined) return [];
      return [chunk === message.chunk ? message : { ...message, chunk }];
    },
  });
}

/** Whether the operator of that name would let a message pass. */
function keeper(filter: string): (message: LogMsg) => boolean {
  const input = new Subject<LogMsg>();
  let passed = false;
  input.pipe(filterEntities(filter, { static: "filter" })).subscribe(() => {
    passed = true;
  });
  return (message) => {
    passed = false;
    input.next(message);
    return passed;
  };
}
