import { setImmediate as quiet } from "node:timers/promises";
import type { Random } from "../random.ts";

/**
 * Requests of several actors, one at a time, in an order that the random numbers choose: every actor stops
 * before each of its requests until it gets a turn, so that anything can happen between any two of them.
 */
export class Turns {
  private readonly random: Random;
  private readonly waiting: (() => Promise<void>)[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  request<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push(() => work().then(resolve, reject));
    });
  }

  /** Runs the actors to their ends. Throws the first fault of one. */
  async run(actors: readonly (() => Promise<void>)[]): Promise<void> {
    let open = actors.length;
    const ended = actors.map((actor) =>
      actor().finally(() => {
        open--;
      }),
    );
    const settled = Promise.allSettled(ended);
    while (open > 0) {
      await quiet();
      const [next] = this.waiting.splice(this.random.below(this.waiting.length), 1);
      await next?.();
    }
    await settled;
    await Promise.all(ended);
  }
}
