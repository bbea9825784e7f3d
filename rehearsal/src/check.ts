import type { Progress } from "./progress.ts";

/** A fact that the rehearsal made sure of, or found wanting. */
export interface Check {
  readonly fact: string;
  readonly holds: boolean;
  readonly detail: string;
}

export class CheckFailed extends Error {
  constructor(check: Check) {
    super(`This does not hold: ${check.fact}${check.detail === "" ? "" : `\n${check.detail}`}`);
    this.name = "CheckFailed";
  }
}

/** Notes facts and ends the rehearsal at the first that does not hold. */
export class Checks {
  readonly all: Check[] = [];
  readonly #progress: Progress;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  /** The same facts, shown elsewhere. */
  shownBy(progress: Progress): Checks {
    const checks = new Checks(progress);
    return Object.assign(checks, { all: this.all });
  }

  hold(fact: string, holds: boolean, detail = ""): void {
    const check = { fact, holds, detail: holds ? "" : detail };
    this.all.push(check);
    if (!holds) {
      this.#progress.failed(fact);
      throw new CheckFailed(check);
    }
    this.#progress.done(fact);
  }

  equal(fact: string, found: unknown, expected: unknown): void {
    const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
    this.hold(fact, one === other, `found    ${one}\nexpected ${other}`);
  }
}
