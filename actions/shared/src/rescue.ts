import { ActionError } from "./action-error.ts";
import { isRescued, rescuedKey, rescuedPrefix } from "./contracts/rescued-state.ts";
import type { RecordStore, Stack } from "./contracts/stack-map.ts";
import type { Clock } from "./ports/clock.ts";
import type { ObjectStore } from "./ports/object-store.ts";

export const rescueHint =
  "Nothing more is applied to the stack until it is dealt with: push it with terraform state push, then delete the object; docs/operations.md says how.";

/** What Terraform knows of the resources and the backend does not would be lost by another apply. */
export async function refuseWhileRescued(
  store: ObjectStore,
  stack: Stack,
  place: RecordStore,
): Promise<void> {
  const keys = await store.list(rescuedPrefix(stack.id));
  const key = keys.find((each) => isRescued(stack.id, each));
  if (key === undefined) return;
  throw new ActionError(
    `${stack.id}: nothing was applied, because an earlier apply could not write its state, which is kept in s3://${place.bucket}/${key}`,
    { hint: rescueHint },
  );
}

export interface Rescue {
  readonly stack: Stack;
  readonly place: RecordStore;
  readonly store: ObjectStore;
  readonly run: { readonly id: string; readonly attempt: number };
  readonly clock: Clock;
}

const waitsSeconds = [1, 4, 10, 20];

/** Keeps a state that Terraform could not write. What kept Terraform from it may pass, so it is tried for a while. */
export async function keepState(text: string, { stack, place, store, run, clock }: Rescue): Promise<string> {
  const key = rescuedKey(stack.id, run);
  for (let tries = 0; ; tries++) {
    try {
      await store.write(key, text, "always");
      return `s3://${place.bucket}/${key}`;
    } catch (error) {
      const wait = waitsSeconds[tries];
      if (wait === undefined) throw error;
      await clock.sleep(wait * 1000);
    }
  }
}
