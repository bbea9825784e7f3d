import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../random.ts";
import type { GitHub } from "./github.ts";
import { type Kinds, Scene } from "./scene.ts";
import { type Running, type Step, startStep } from "./step.ts";

export interface Setting {
  readonly number: number;
  readonly kinds: Kinds;
  readonly random: Random;
  readonly github: GitHub;
  /** AWS and GitHub's API. */
  readonly env: Readonly<Record<string, string>>;
  /** Removes one of the two locks, as an unlock that was cut off does. */
  readonly removeOne: (scene: Scene) => Promise<void>;
}

export interface Outcome {
  readonly found: boolean;
  readonly explained: boolean;
  readonly kept: boolean;
  readonly released: boolean;
  readonly appliedAfterwards: boolean;
  readonly halved: boolean;
  readonly faults: readonly string[];
}

const places: Readonly<Record<Kinds, readonly string[]>> = {
  file: ["lockfile"],
  table: ["dynamodb"],
  both: ["lockfile", "dynamodb"],
};

class Trial {
  private readonly setting: Setting;
  private readonly scene: Scene;
  private readonly run: string;
  private readonly faults: string[] = [];

  constructor(setting: Setting, scene: Scene) {
    this.setting = setting;
    this.scene = scene;
    this.run = String(1_000 + setting.number);
  }

  async play(): Promise<Outcome> {
    const { setting, scene, run } = this;
    const apply = this.start("apply", { stacks: scene.stack }, run);
    try {
      await this.begun(apply);
      const alive = await this.checked("report");
      const { id, found } = this.foundIn(alive, places[setting.kinds]);
      const kept = await this.keptWhileAlive(id);
      await sleep(setting.random.below(1_500));
      apply.child.kill("SIGKILL");
      scene.killTerraform();
      await apply.ended;
      setting.github.over.add(run);
      const halved = setting.kinds === "both" && setting.number % 2 === 0;
      if (halved) await setting.removeOne(scene);
      const explained = this.explained(await this.checked("fail"), id);
      const released = await this.released(id, halved ? 1 : places[setting.kinds].length);
      const appliedAfterwards = await this.applied();
      return { found, explained, kept, released, appliedAfterwards, halved, faults: this.faults };
    } finally {
      apply.child.kill("SIGKILL");
    }
  }

  /** Returns once Terraform holds its lock; when it does not come to that, what the step said is the error. */
  private async begun({ child, ended }: Running): Promise<void> {
    const early = ended.then(({ log }) => Promise.reject(new Error(log)));
    try {
      await Promise.race([this.scene.begun(), early]);
    } catch (error) {
      child.kill("SIGKILL");
      this.scene.killTerraform();
      throw new Error(`${(error as Error).message}\n${(await ended).log}`, { cause: error });
    } finally {
      early.catch(() => undefined);
    }
  }

  private start(action: string, inputs: Readonly<Record<string, string>>, run: string) {
    const { scene, setting } = this;
    return startStep(action, {
      scene,
      run,
      inputs: { "github-token": "ghs_token", ...inputs },
      env: setting.env,
    });
  }

  private checked(mode: string): Promise<Step> {
    return this.start("check-lock", { stack: this.scene.stack, mode }, "2").ended;
  }

  private unlock(inputs: Readonly<Record<string, string>>): Promise<Step> {
    return this.start("unlock", { stack: this.scene.stack, ...inputs }, "3").ended;
  }

  private foundIn({ outputs, log }: Step, expected: readonly string[]): { id: string; found: boolean } {
    const holders = JSON.parse(outputs["holders"] ?? "[]") as { id: string; kind: string }[];
    const kinds = holders.map(({ kind }) => kind);
    const found = outputs["status"] === "held" && JSON.stringify(kinds) === JSON.stringify(expected);
    const named = log.includes(`/actions/runs/${this.run} (attempt 1), which still runs`);
    this.expect(found, `the lock was not found as it is: ${log}`);
    this.expect(named, `the run that holds it was not named: ${log}`);
    return { id: holders[0]?.id ?? "", found: found && named };
  }

  /** A run that is alive keeps its lock, whatever id is given. */
  private async keptWhileAlive(id: string): Promise<boolean> {
    const refused = await this.unlock({ "lock-id": id });
    const other = await this.unlock({ "lock-id": "another", force: "true", reason: "the proof" });
    const kept =
      refused.code === 1 && other.code === 1 && (await this.checked("report")).outputs["status"] === "held";
    this.expect(kept, `a live run lost its lock: ${refused.log}${other.log}`);
    return kept;
  }

  private explained({ code, log }: Step, id: string): boolean {
    const parts = [
      `lock ${id}`,
      `/actions/runs/${this.run} (attempt 1), which is over (cancelled)`,
      `lock-id ${id}`,
    ];
    const told = code === 1 && parts.every((part) => log.includes(part));
    this.expect(told, `the lock that stayed was not explained: ${log}`);
    return told;
  }

  private async released(id: string, count: number): Promise<boolean> {
    const { code, outputs, log } = await this.unlock({ "lock-id": id });
    const gone = JSON.parse(outputs["released"] || "[]") as string[];
    const free = (await this.checked("fail")).outputs["status"] === "free";
    const released = code === 0 && gone.length === count && free;
    this.expect(released, `the lock was not released: ${log}`);
    return released;
  }

  /** Terraform itself takes the lock at once, and finishes what was killed. */
  private async applied(): Promise<boolean> {
    this.scene.beQuick();
    const inputs = { stacks: this.scene.stack, "lock-timeout-seconds": "0" };
    const { code, log } = await this.start("apply", inputs, String(2_000 + this.setting.number)).ended;
    this.expect(code === 0, `the next apply did not succeed: ${log}`);
    return code === 0;
  }

  private expect(held: boolean, fault: string): void {
    if (!held) this.faults.push(fault);
  }
}

/** An apply with real Terraform that takes its lock, is looked at, killed and cleaned up after. */
export async function killAndRelease(setting: Setting): Promise<Outcome> {
  using scene = new Scene(`stack-${setting.number}`, setting.kinds);
  return await new Trial(setting, scene).play();
}
