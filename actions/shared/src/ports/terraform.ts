import type { Stack } from "../contracts/stack-map.ts";
import type { Plan } from "../plan-json.ts";
import type { Operation } from "../terraform.ts";
import type { Credentials } from "./credentials.ts";

/** Terraform at work in one stack's folder. Every failure is an ActionError that names the stack. */
export interface TerraformSession {
  /**
   * Initialises the folder and makes sure that its backend is the stack's. For a new workspace the session is
   * for planning only, on an empty state of its own, so that nothing is written to the backend.
   */
  init(options: { readonly newWorkspace: boolean }): Promise<void>;
  /** Plans, and keeps the plan file for {@link apply}. */
  plan(options: PlanOptions): Promise<Plan>;
  /** Applies exactly the plan file that {@link plan} made. */
  apply(options: ApplyOptions): Promise<void>;
  /** After a failed apply: the state that could be written nowhere. It is nowhere else. */
  strandedState?(): Promise<string | undefined>;
  /** Once it is kept elsewhere. */
  discardStranded?(): Promise<void>;
  /** Removes plan file, data folder and whatever init left in the stack's folder. */
  close(): Promise<void>;
}

export interface ApplyOptions {
  readonly lockTimeoutSeconds: number;
  /** In place of those that the session was opened with. */
  readonly credentials?: Credentials | undefined;
  /** After it Terraform is interrupted once, and ends by itself. */
  readonly limitSeconds?: number;
}

export interface PlanOptions {
  readonly operation: Operation;
  /** Undefined: the plan takes no lock. */
  readonly lockTimeoutSeconds: number | undefined;
  /** Takes the time of `show` apart from that of the plan. */
  readonly onPlanned?: () => void;
}

export interface Terraform {
  /** Exact version. ActionError when it is missing or too old. */
  version(): Promise<string>;
  open(stack: Stack, credentials: Credentials | undefined): Promise<TerraformSession>;
}
