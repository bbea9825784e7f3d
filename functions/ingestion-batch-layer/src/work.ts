import { type AfterCare, type AfterCareDeps, lookAfterOthers } from "./after-care.ts";
import { checkHour } from "./archive-hour.ts";
import { type Landing, type Deps as LandingDeps, landHour } from "./logic.ts";
import type { HourRequest } from "./request.ts";

export interface Deps extends LandingDeps, AfterCareDeps {
  readonly tellLanding: (landing: Landing) => void;
  readonly tellAfterCare: (afterCare: AfterCare) => void;
}

/** Lands what is asked for. A tick looks after the others also when its own hour cannot be landed. */
export async function work({ hour, tick }: HourRequest, deps: Deps): Promise<Landing> {
  checkHour(hour, deps.now());
  try {
    const landing = await landHour(hour, deps);
    deps.tellLanding(landing);
    return landing;
  } finally {
    if (tick && !deps.signal.aborted) deps.tellAfterCare(await lookAfterOthers(hour, deps));
  }
}
