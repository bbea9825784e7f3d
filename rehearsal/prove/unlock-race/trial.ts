import { ActionError } from "../../../actions/shared/src/action-error.ts";
import type { StackBackend } from "../../../actions/shared/src/contracts/stack-map.ts";
import type { LockPlace, LockPlaces } from "../../../actions/shared/src/ports/lock-places.ts";
import { Inputs } from "../../../actions/unlock/src/inputs.ts";
import { type Deps, run } from "../../../actions/unlock/src/run.ts";
import type { Random } from "../random.ts";
import {
  type LockClients,
  lockFile,
  lockItem,
  TerraformLock,
  type TerraformPlace,
} from "./terraform-lock.ts";
import { Turns } from "./turns.ts";
import { type Kind, World } from "./world.ts";

/** A state of its own, used by one trial after the other. */
export interface Lane {
  readonly backend: StackBackend;
  readonly clients: LockClients;
  readonly places: LockPlaces;
}

export interface Outcome {
  readonly wrongByUnlock: number;
  readonly rightByUnlock: number;
  readonly wrongByTerraform: number;
  /** Locks that others took while the release was going on. */
  readonly retaken: number;
  /** Releases that a fault cut off and that were finished by running them again. */
  readonly finished: number;
  /** What should not have been, beside wrong deletions. */
  readonly faults: readonly string[];
}

/** What goes wrong with one request of a release: done, and the answer lost; or not done at all. */
type Fault = "lost" | "failed";

class Trial {
  readonly world = new World();
  readonly faults: string[] = [];
  readonly turns: Turns;
  private readonly random: Random;
  private readonly lane: Lane;
  private readonly held: string;
  private readonly terraform: readonly TerraformPlace[];
  private retaken = 0;
  private cutOff = 0;

  constructor(lane: Lane, random: Random, name: string) {
    const { backend, clients } = lane;
    const file = lockFile(clients, backend);
    const item = lockItem(clients, backend, backend.table ?? "");
    this.lane = lane;
    this.random = random;
    this.turns = new Turns(random);
    this.held = `${name}-a`;
    this.terraform = random.pick([[file, item], [file, item], [file], [item]]);
  }

  async run(): Promise<Outcome> {
    const { random } = this;
    // A holder that was killed between its two places leaves one.
    const halves = this.terraform.length === 2 && random.chance(0.2) ? [random.pick([0, 1])] : [0, 1];
    for (const half of halves) {
      const place = this.terraform[half];
      if (place !== undefined && (await place.put(this.held))) this.world.locks.set(place.kind, this.held);
    }
    const actors = [() => this.unlock(0.05), () => this.newcomer("b")];
    if (random.chance(0.7)) actors.push(() => this.terraformLock.release(this.held));
    if (random.chance(0.3)) actors.push(() => this.unlock(0.05));
    if (random.chance(0.5)) actors.push(() => this.newcomer("c"));
    await this.turns.run(actors);
    // Whatever was cut off is finished by the next one.
    await this.turns.run([() => this.unlock(0)]);
    await this.compare();
    const { wrongByUnlock, rightByUnlock, wrongByTerraform } = this.world;
    const { retaken, cutOff: finished, faults } = this;
    return { wrongByUnlock, rightByUnlock, wrongByTerraform, retaken, finished, faults };
  }

  private get terraformLock(): TerraformLock {
    return new TerraformLock(this.terraform, this.turns, this.world);
  }

  /** Waits for the lock as Terraform does, and, if it gets it, sometimes gives it back. */
  private async newcomer(name: string): Promise<void> {
    const id = `${this.held.slice(0, -1)}${name}`;
    for (let tries = 0; tries < 4; tries++) {
      if (!(await this.terraformLock.acquire(id))) continue;
      this.retaken++;
      if (this.random.chance(0.4)) await this.terraformLock.release(id);
      return;
    }
  }

  /** The action's own code, with each of its requests stopped until it gets a turn. */
  private async unlock(faultShare: number): Promise<void> {
    const { backend } = this.lane;
    const inputs = Inputs.parse({
      map: "stacks.yml",
      stack: "",
      bucket: backend.bucket,
      key: backend.key,
      region: backend.region,
      table: backend.table ?? "",
      workspace: "default",
      "lock-id": this.held,
      force: "true",
      reason: "the proof",
      assume: "false",
      "role-to-assume": "",
      "github-token": "",
    });
    try {
      await run(inputs, this.deps(faultShare));
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      if (error.message.includes("injected")) this.cutOff++;
      else if (!error.message.startsWith("Nothing was released: the lock is not"))
        this.faults.push(`the release said: ${error.message}`);
    }
  }

  private deps(faultShare: number): Deps {
    const places = this.lane.places.places.map((place) => this.turned(place, faultShare));
    return {
      readMap: () => Promise.reject(new Error("there is no map")),
      assumeRole: () => Promise.reject(new Error("there is no role")),
      openPlaces: async () => ({ places, close: () => {} }),
      attribution: () => ({
        writers: async () => [],
        runStatus: async () => ({ status: "over", detail: "" }),
      }),
      dropRuns: async () => {},
      readDigest: async () => ({ status: "not-used" }),
      keepAudit: async () => undefined,
      actor: "proof",
      run: { id: "1", url: "https://github.com/acme/demo/actions/runs/1" },
      clock: { now: () => new Date(0), sleep: async () => {} },
      log: () => {},
      summary: async () => {},
    };
  }

  private turned(place: LockPlace, faultShare: number): LockPlace {
    const { turns, world, held, random } = this;
    const release = async (revision: string): Promise<boolean> => {
      const fault: Fault | undefined = random.chance(faultShare)
        ? random.pick(["lost", "failed"])
        : undefined;
      if (fault === "failed") throw new ActionError("injected: the request failed");
      const deleted = await place.release(revision);
      if (deleted) world.deletedByUnlock(place.kind, held);
      if (fault === "lost") throw new ActionError("injected: the answer was lost");
      return deleted;
    };
    return {
      kind: place.kind,
      name: place.name,
      read: () => turns.request(() => place.read()),
      release: (revision) => turns.request(() => release(revision)),
    };
  }

  /** What is really there against what every granted request should have left; then clears it away. */
  private async compare(): Promise<void> {
    const kinds: readonly Kind[] = ["lockfile", "dynamodb"];
    for (const kind of kinds) {
      const place = this.lane.places.places.find((candidate) => candidate.kind === kind);
      const copy = await place?.read();
      const found =
        copy?.status === "held" ? copy.holder.id : copy?.status === "free" ? undefined : "unreadable";
      const expected = this.world.locks.get(kind);
      if (found !== expected)
        this.faults.push(`the ${kind} holds ${found ?? "nothing"}, and should hold ${expected ?? "nothing"}`);
      if (found === this.held) this.faults.push(`the ${kind} still holds the lock that was to go`);
      if (copy?.status === "held") await place?.release(copy.revision);
    }
  }
}

/** One lock that is released by hand while its holder releases it too, and others take it again. */
export function raceOnce(lane: Lane, random: Random, name: string): Promise<Outcome> {
  return new Trial(lane, random, name).run();
}
