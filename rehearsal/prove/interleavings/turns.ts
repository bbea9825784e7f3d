import { setImmediate as quiet } from "node:timers/promises";
import type { Random } from "../random.ts";

/** The process was killed: nothing that it still does reaches the world. */
export class Killed extends Error {}

/** One job: it stops before everything it does to the world, until it gets a turn. */
export class Job {
  readonly name: string;
  private readonly waiting: (() => void)[] = [];
  private turnsUntilKilled: number;
  ended = false;

  constructor(name: string, killedAfterTurns = Number.POSITIVE_INFINITY) {
    this.name = name;
    this.turnsUntilKilled = killedAfterTurns;
  }

  get killed(): boolean {
    return this.turnsUntilKilled < 0;
  }

  async turn(): Promise<void> {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (--this.turnsUntilKilled < 0) throw new Killed(`${this.name} was killed`);
  }

  /** Kills it from now on. */
  kill(): void {
    this.turnsUntilKilled = 0;
  }

  isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** Lets it go on to the next thing it does to the world. */
  async step(): Promise<void> {
    this.waiting.shift()?.();
    await quiet();
  }
}

/** Jobs side by side, in an order that the random numbers choose. */
export class Turns {
  private jobs: Job[] = [];

  async start(job: Job, work: () => Promise<void>): Promise<void> {
    this.jobs.push(job);
    void work()
      .catch((error: unknown) => {
        if (!(error instanceof Killed)) this.fault ??= error;
      })
      .finally(() => {
        job.ended = true;
      });
    await quiet();
  }

  /** What went wrong in a job other than by its own doing. */
  fault: unknown;

  get idle(): boolean {
    return this.jobs.every((job) => !job.isWaiting());
  }

  /** Gives up to `most` turns. */
  async run(random: Random, most: number): Promise<void> {
    for (let turn = 0; turn < most; turn++) {
      this.jobs = this.jobs.filter((job) => !job.ended);
      const [first, ...rest] = this.jobs.filter((job) => job.isWaiting());
      if (first === undefined) return;
      await random.pick([first, ...rest]).step();
    }
  }
}
