import fc from "fast-check";
import { expect, test } from "vitest";
import { unpackEvents } from "../src/events-object.ts";
import { type Deps, pollEvents } from "../src/logic.ts";
import type { PollState, StoredState } from "../src/poll-state.ts";

/** Everything that polls share, kept in memory: what S3 keeps, with its conditions, and what GitHub lists. */
class World {
  readonly objects = new Map<string, Buffer>();
  listed = 5;
  private stored: StoredState | undefined;
  private changes = 0;

  read(): StoredState | undefined {
    return this.stored;
  }

  replace(state: PollState, version: string | undefined): string | undefined {
    if (this.stored?.version !== version) return undefined;
    this.changes += 1;
    this.stored = { state: structuredClone(state), version: String(this.changes) };
    return this.stored.version;
  }

  /** False when there is another object. */
  create(key: string, body: Buffer): boolean {
    const there = this.objects.get(key);
    if (there === undefined) this.objects.set(key, body);
    return there === undefined || there.equals(body);
  }

  /** GitHub's list grows each time it is read. */
  list(): unknown[] {
    this.listed += 1;
    return Array.from({ length: this.listed }, (_, index) => event(this.listed - index));
  }

  written(): string[] {
    return [...this.objects.values()].flatMap(unpackEvents).map((one) => (one as { id: string }).id);
  }
}

const event = (id: number) => ({ id: String(id), type: "PushEvent" });
const start = Date.parse("2026-09-25T10:00:00Z");

interface Poller {
  /** How far its clock is off. */
  readonly skewSeconds: number;
  /** How long after the one before it begins. */
  readonly afterSeconds: number;
  /** It ends at this call to the outside, before or after the call has its effect; never when undefined. */
  readonly ends: { readonly call: number; readonly after: boolean } | undefined;
}

type Turn = <T>(effect: () => T) => Promise<T>;

function depsOf(
  world: World,
  { skewSeconds }: Poller,
  given: { id: string; beganAt: number; turn: Turn },
): Deps {
  const { turn, beganAt } = given;
  return {
    now: () => new Date(beganAt + skewSeconds * 1000),
    sleep: async () => undefined,
    leaseMs: 50_000,
    newClaimId: () => given.id,
    state: {
      read: () => turn(() => world.read()),
      replace: (state, version) => turn(() => world.replace(state, version)),
    },
    layer: {
      write: (key, body) => turn(() => world.create(key, body)),
      async settle(key) {
        await turn(() => world.objects.has(key) || world.objects.set(key, emptyObject));
        return turn(() => unpackEvents(world.objects.get(key) ?? emptyObject));
      },
    },
    source: {
      page: () =>
        turn(() => ({
          kind: "events" as const,
          events: world.list(),
          etag: undefined,
          pollIntervalSeconds: 60,
          resumeAt: undefined,
        })),
    },
  };
}

const emptyObject = Buffer.from("1f8b080000000000000303000000000000000000", "hex");

const pollers = fc.array(
  fc.record<Poller>({
    skewSeconds: fc.oneof(fc.constant(0), fc.integer({ min: -7_200, max: 7_200 })),
    afterSeconds: fc.integer({ min: 0, max: 120 }),
    ends: fc.option(fc.record({ call: fc.integer({ min: 1, max: 7 }), after: fc.boolean() }), {
      nil: undefined,
    }),
  }),
  { minLength: 2, maxLength: 5 },
);

test("however polls interleave, end and disagree about the time, each event is written once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), pollers, async (scheduler, all) => {
      const world = new World();
      let beganAt = start;
      const runs = all.map(async (poller, index) => {
        beganAt += poller.afterSeconds * 1000;
        let calls = 0;
        const turn: Turn = async (effect) => {
          await scheduler.schedule(Promise.resolve(), `poll ${index}`);
          calls += 1;
          if (calls === poller.ends?.call && !poller.ends.after) return new Promise(() => undefined);
          const result = effect();
          return calls === poller.ends?.call ? new Promise(() => undefined) : result;
        };
        await pollEvents(depsOf(world, poller, { id: `claim-${index}`, beganAt, turn }));
      });
      const settled = Promise.allSettled(runs);
      await scheduler.waitIdle();
      void settled;

      const last: Poller = { skewSeconds: 0, afterSeconds: 0, ends: undefined };
      const turn: Turn = async (effect) => effect();
      const tomorrow = start + 86_400_000;
      const result = await pollEvents(depsOf(world, last, { id: "last", beganAt: tomorrow, turn }));
      expect(result.outcome).toBe("written");
      const written = world.written().toSorted((a, b) => Number(a) - Number(b));
      expect(written).toEqual(Array.from({ length: world.listed }, (_, index) => String(index + 1)));
    }),
    { numRuns: 1_000 },
  );
});
