import { backoffMs } from "./backoff.ts";
import type { Clock } from "./ports/clock.ts";
import { StateLockedError } from "./state-locked-error.ts";
import { lockPolling } from "./wait-for-lock.ts";

export interface RetryLocked {
  readonly limitSeconds: number;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  readonly random?: () => number;
}

/**
 * Runs a command of Terraform that takes the state lock. The lock is Terraform's to wait for, for what is left
 * of the limit; where it gives up at once, because it cannot read who holds it, it is called again, as often
 * as {@link waitForLock} would look. Throws the last StateLockedError.
 */
export async function retryLocked<Result>(
  work: (lockTimeoutSeconds: number) => Promise<Result>,
  { limitSeconds, clock, log, random = Math.random }: RetryLocked,
): Promise<Result> {
  const deadline = clock.now().getTime() + limitSeconds * 1000;
  for (let failures = 1; ; failures++) {
    const left = Math.max(0, deadline - clock.now().getTime());
    try {
      return await work(Math.floor(left / 1000));
    } catch (error) {
      const time = clock.now().getTime();
      if (!(error instanceof StateLockedError) || time >= deadline) throw error;
      log(
        `Terraform found the state locked${error.holder === undefined ? "" : ` by ${error.holder}`}. ` +
          `Trying again, for ${Math.ceil((deadline - time) / 1000)} s at most.`,
      );
      await clock.sleep(Math.min(backoffMs(failures, lockPolling, random), deadline - time));
    }
  }
}
