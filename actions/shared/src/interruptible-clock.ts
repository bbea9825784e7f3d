import { ActionError } from "./action-error.ts";
import type { Clock } from "./ports/clock.ts";

const stepMilliseconds = 250;

/** A clock whose waits end when the job is cancelled, by an error: there are seconds left to say so. */
export function interruptibleClock(clock: Clock, interrupted: () => boolean): Clock {
  return {
    now: () => clock.now(),
    async sleep(milliseconds) {
      for (let left = milliseconds; left > 0; left -= stepMilliseconds) {
        if (interrupted())
          throw new ActionError("The job is being cancelled; what it waited for was given up");
        await clock.sleep(Math.min(left, stepMilliseconds));
      }
    },
  };
}
