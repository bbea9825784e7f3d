import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ActionError } from "../action-error.ts";
import { dashed, type Stack } from "../contracts/stack-map.ts";
import { emptyPlan, type Plan, parsePlan, secretsIn } from "../plan-json.ts";
import type { Clock } from "../ports/clock.ts";
import { type Credentials, credentialVariables } from "../ports/credentials.ts";
import type { ApplyOptions, PlanOptions, Terraform, TerraformSession } from "../ports/terraform.ts";
import { chosenItself, lockFileName, noLockFile } from "../provider-lock.ts";
import { lockError } from "../state-locked-error.ts";
import {
  applyArgs,
  emptyBackend,
  emptyBackendArgs,
  errorHeadlines,
  initArgs,
  isTransientInitFault,
  parseVersion,
  planArgs,
  showArgs,
  terraformEnvironment,
  type Variables,
  verifyBackend,
} from "../terraform.ts";
import { lockFailure } from "../terraform-lock-error.ts";
import type { Command, Exit, ProcessRunner } from "./process.ts";
import { stackFolder } from "./stack-folder.ts";
import { erroredState, readStranded, strand, strandedFile } from "./stranded-state.ts";

export interface TerraformOptions {
  /** Path or name of the program. */
  readonly program: string;
  readonly workspace: string;
  /** Private folder for data folders and plan files, which hold secrets. */
  readonly scratch: string;
  readonly runner: ProcessRunner;
  readonly env: Variables;
  readonly initLimitSeconds: number;
  readonly clock: Clock;
  /** Called with every sensitive text of a plan before anything could print it. */
  readonly mask: (text: string) => void;
  readonly log: (line: string) => void;
  readonly warn: (line: string) => void;
}

export function createTerraform(options: TerraformOptions): Terraform {
  return {
    version: () => version(options),
    open: async (stack, credentials) => Session.open(stack, credentials, options),
  };
}

async function version({ program, workspace, runner, env }: TerraformOptions): Promise<string> {
  const variables = { ...pathOf(env), CHECKPOINT_DISABLE: "1" };
  const command = { program, args: ["version", "-json"], folder: workspace, env: variables, logged: false };
  const exit = await runner.run({ ...command, limitSeconds: 60 }).catch((cause: unknown) => {
    if (cause instanceof ActionError) throw cause;
    throw new ActionError(`input "terraform": ${program} cannot be started`, {
      hint: "Install Terraform 1.10 or later in a step before this one (hashicorp/setup-terraform, terraform_wrapper: false), or give its path.",
      cause,
    });
  });
  if (exit.code !== 0) throw failed({ what: program, command: "version", secrets: [] }, exit);
  return parseVersion(exit.stdout, program);
}

function pathOf({ PATH, HOME }: Variables): Record<string, string> {
  return { ...(PATH === undefined ? {} : { PATH }), ...(HOME === undefined ? {} : { HOME }) };
}

const initTries = 3;
const shortestSecret = 8;

class Session implements TerraformSession {
  private readonly stack: Stack;
  private readonly options: TerraformOptions;
  private readonly folder: string;
  private readonly scratch: string;
  private readonly env: Record<string, string>;
  /** Values of the variables that the stack names may be secret; the plan tells the rest. */
  private readonly secrets: Set<string>;
  private ownLockFile = false;
  private ownOverride = false;

  private constructor(
    stack: Stack,
    place: { folder: string; env: Record<string, string> },
    options: TerraformOptions,
  ) {
    this.stack = stack;
    this.options = options;
    this.folder = place.folder;
    this.env = place.env;
    this.scratch = scratchOf(options, stack);
    const named = stack.env.map((name) => options.env[name] ?? "");
    this.secrets = new Set(named.filter((value) => value.length >= shortestSecret));
  }

  static async open(
    stack: Stack,
    credentials: Credentials | undefined,
    options: TerraformOptions,
  ): Promise<Session> {
    const folder = await stackFolder(options.workspace, stack);
    const dataFolder = join(scratchOf(options, stack), "data");
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    const variables = credentials && credentialVariables(credentials, stack.environment.region);
    const env = terraformEnvironment(stack, { ambient: options.env, credentials: variables, dataFolder });
    return new Session(stack, { folder, env }, options);
  }

  async init({ newWorkspace }: { readonly newWorkspace: boolean }): Promise<void> {
    const lockFile = await exists(this.lockFile);
    if (!lockFile && this.stack.providerLock === "required") throw noLockFile(this.stack);
    this.ownLockFile = !lockFile;
    const args = initArgs(this.stack, { lockFile });
    const { TF_WORKSPACE: _, ...inDefault } = this.env;
    await this.initWith(args, newWorkspace ? inDefault : this.env);
    if (!lockFile) await this.warnOfChoice();
    const backend = join(this.scratch, "data", "terraform.tfstate");
    verifyBackend(this.stack, await readFile(backend, "utf8").catch(() => undefined));
    if (!newWorkspace) return;
    await writeFile(this.overrideFile, emptyBackend(join(this.scratch, "state")), { flag: "wx" });
    this.ownOverride = true;
    await this.initWith(emptyBackendArgs({ lockFile }), this.env);
  }

  private async warnOfChoice(): Promise<void> {
    const text = await readFile(this.lockFile, "utf8").catch(() => "");
    const warning = chosenItself(this.stack, text);
    if (warning !== undefined) this.options.warn(warning);
  }

  /** The registry's passing faults are tried again. */
  private async initWith(args: readonly string[], env: Record<string, string>): Promise<void> {
    for (let tries = 1; ; tries++) {
      const exit = await this.run(args, { env, limitSeconds: this.options.initLimitSeconds });
      if (exit.code === 0) return;
      if (exit.timedOut) throw this.initTimedOut();
      if (tries >= initTries || !isTransientInitFault(exit.stderr)) throw this.failed("init", exit);
      this.options.log(`The registry did not answer well; trying again (${tries + 1} of ${initTries}).`);
      await this.options.clock.sleep(2_000 * 2 ** tries);
    }
  }

  /** What Terraform says goes to the log once the plan has told which texts in it are secret. */
  async plan({ onPlanned, ...options }: PlanOptions): Promise<Plan> {
    const args = planArgs(this.stack, { ...options, planFile: this.planFile });
    const exit = await this.run(args, { logged: false });
    const complete = exit.code === 0 || exit.code === 2;
    if (complete) onPlanned?.();
    // A plan that failed may have got as far as a file, and its output as far as values.
    const document = exit.code !== 0 && (await exists(this.planFile)) ? await this.show(exit) : undefined;
    this.options.runner.show(exit);
    if (!complete) throw this.failed("plan", exit);
    return document === undefined ? emptyPlan : parsePlan(document);
  }

  /** The plan as JSON, once its secrets are masked. */
  private async show({ stderr }: Exit): Promise<string> {
    await chmod(this.planFile, 0o600);
    const shown = await this.run(showArgs(this.planFile), { logged: false }).catch((error: unknown) => {
      this.options.log("What Terraform said of the plan is kept back, because its secrets are not known.");
      throw error;
    });
    if (shown.code !== 0) throw this.failed("show", { ...shown, stderr: `${stderr}\n${shown.stderr}` });
    for (const secret of secretsIn(shown.stdout)) {
      this.options.mask(secret);
      this.secrets.add(secret);
    }
    return shown.stdout;
  }

  async apply({ lockTimeoutSeconds, credentials, limitSeconds }: ApplyOptions): Promise<void> {
    const { stack } = this;
    if ((await stat(erroredState(this.folder)).catch(() => undefined))?.isFile() === true)
      throw new ActionError(`${stack.id}: the folder ${stack.folder} holds an errored.tfstate`, {
        hint: "It is of an apply that could not write its state. Push it with terraform state push, and remove it.",
      });
    const env = credentials && {
      ...this.env,
      ...credentialVariables(credentials, stack.environment.region),
    };
    const exit = await this.run(applyArgs(this.planFile, lockTimeoutSeconds), {
      ...(env === undefined ? {} : { env }),
      limitSeconds,
      endsItself: true,
    });
    if (exit.code === 0) return;
    await strand(this.folder, [exit.stdout, exit.stderr], strandedFile(this.options.scratch, stack));
    throw exit.timedOut ? this.applyTimedOut() : this.failed("apply", exit);
  }

  async strandedState(): Promise<string | undefined> {
    return readStranded(strandedFile(this.options.scratch, this.stack));
  }

  async discardStranded(): Promise<void> {
    await rm(strandedFile(this.options.scratch, this.stack), { force: true });
  }

  async close(): Promise<void> {
    await rm(this.scratch, { recursive: true, force: true });
    if (this.ownLockFile) await rm(this.lockFile, { force: true });
    if (this.ownOverride) await rm(this.overrideFile, { force: true });
  }

  private get planFile(): string {
    return join(this.scratch, "plan.bin");
  }

  private get overrideFile(): string {
    return join(this.folder, "new_workspace_override.tf.json");
  }

  private get lockFile(): string {
    return join(this.folder, lockFileName);
  }

  private run(args: readonly string[], options: Partial<Command> = {}): Promise<Exit> {
    const { program, runner } = this.options;
    return runner.run({ program, args, folder: this.folder, env: this.env, logged: true, ...options });
  }

  private failed(command: string, exit: Exit): ActionError {
    return failed({ what: this.stack.id, command, secrets: this.secrets }, exit);
  }

  private applyTimedOut(): ActionError {
    return new ActionError(
      `${this.stack.id}: terraform apply was interrupted, because its credentials were about to end; what it had done by then is in the state`,
      {
        hint: "Raise duration-seconds, and the role's maximum session duration with it, and run the job again: it does the rest.",
      },
    );
  }

  private initTimedOut(): ActionError {
    const minutes = Math.round(this.options.initLimitSeconds / 60);
    return new ActionError(`${this.stack.id}: terraform init did not finish within ${minutes} min`, {
      hint: "See the job's log for what it waited for; raise init-timeout-minutes if it only needs longer.",
    });
  }
}

function scratchOf({ scratch }: TerraformOptions, stack: Stack): string {
  return join(scratch, dashed(stack.id));
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

interface Attempt {
  readonly what: string;
  readonly command: string;
  readonly secrets: Iterable<string>;
}

function failed({ what, command, secrets }: Attempt, exit: Exit): ActionError {
  const lines = errorHeadlines(exit.stderr, secrets);
  const ended = exit.code === undefined ? "was ended by a signal" : `failed with exit code ${exit.code}`;
  const message = `${what}: terraform ${command} ${ended}${lines.length > 0 ? `: ${lines.join("; ")}` : ""}`;
  const lock = lockFailure(exit.stderr);
  if (lock !== undefined) return lockError(message, lock);
  return new ActionError(message, { hint: "The job's log has Terraform's whole message." });
}
