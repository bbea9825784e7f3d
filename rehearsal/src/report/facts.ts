import type { StateObject } from "../account.ts";
import type { Adaptation } from "../adapt.ts";
import type { Check } from "../check.ts";
import type { RunReport, Shown } from "../rehearsal.ts";
import type { DataFacts } from "../scenario/data.ts";
import type { Denial } from "../servers/aws-front.ts";

/** Everything that the report shows: `report.json` is this, as it is. */
export interface Report {
  readonly version: 1;
  /** `Rehearsal`, or `Data` when only data flowed. */
  readonly title: "Rehearsal" | "Data";
  readonly repository: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly milliseconds: number;
  /** Why the rehearsal ended early; undefined when it did not. */
  readonly failure?: string | undefined;
  readonly steps: readonly {
    readonly title: string;
    readonly startedAt: number;
    readonly milliseconds: number;
  }[];
  readonly checks: readonly Check[];
  readonly pulls: readonly PullReport[];
  readonly runs: readonly Omit<RunReport, "artifacts">[];
  readonly states: readonly StateObject[];
  readonly data?: DataFacts | undefined;
  readonly access: { readonly calls: Readonly<Record<string, number>>; readonly denials: readonly Denial[] };
  readonly adaptations: readonly Adaptation[];
  readonly versions: Readonly<Record<string, string>>;
}

export interface PullReport {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly author: string;
  readonly branch: string;
  readonly head: string;
  /** Commit on main; undefined while it is open. */
  readonly merged?: string | undefined;
  /** The bot's comment, as it was after each run. */
  readonly shown: readonly Shown[];
}
