import type { Observer } from "rxjs";

/** One line of the monitor's text log. */
export interface LogEntry {
  readonly level: "ERROR" | "WARN" | "INFO" | "DEBUG";
  readonly text: string;
}

/** Where a reading says what it has to say beside its values, such as why it ended. */
export type Notes = Pick<Observer<LogEntry>, "next">;

/** For readings whose notes nobody wants. */
export const noNotes: Notes = { next: () => {} };
