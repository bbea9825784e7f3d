import { DataQualityRulesets } from "./data-quality-rulesets.ts";
import { EventSourceMappings } from "./event-source-mappings.ts";
import type { AwsCall } from "./permission.ts";

/** The answer to a call of a JSON protocol. */
export interface KeptAnswer {
  readonly status: number;
  readonly body: unknown;
  /** Name of the fault, for an answer that is one. */
  readonly fault?: string;
}

/** Keeps things of one kind, in memory. */
export interface Keeper {
  /** Undefined: the call is not about these things. */
  answer(call: AwsCall): KeptAnswer | undefined;
}

/** What moto lacks or acts on in a way that cannot work here, so that the front keeps it itself. */
export class KeptHere implements Keeper {
  readonly mappings = new EventSourceMappings();
  readonly #keepers: readonly Keeper[] = [this.mappings, new DataQualityRulesets()];

  answer(call: AwsCall): KeptAnswer | undefined {
    for (const keeper of this.#keepers) {
      const answer = keeper.answer(call);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }
}
