import { ActionError } from "./action-error.ts";
import { oneLine } from "./one-line.ts";
import type { LockFailure } from "./terraform-lock-error.ts";

/** Terraform itself found the state locked: someone took the lock after it was seen free. */
export class StateLockedError extends ActionError {
  /** Such as "runner@host since …, lock …"; undefined where Terraform could not read it. */
  readonly holder: string | undefined;

  constructor(message: string, holder?: string) {
    super(holder === undefined ? message : `${message} (held by ${holder})`, {
      hint: "Wait until the run that holds the state lock is over, and run the job again; check-lock says who holds it.",
    });
    this.name = "StateLockedError";
    this.holder = holder;
  }
}

/** The error of a command of Terraform that did not get the lock. */
export function lockError(message: string, failure: LockFailure): ActionError {
  if (failure.kind === "refused")
    return new ActionError(`${message} (${oneLine(failure.fault, 100)})`, {
      hint: "Nobody need hold the lock: Terraform may not, or cannot, take it. The role needs s3:GetObject, PutObject and DeleteObject on the lock file, and GetItem, PutItem and DeleteItem on its row of the lock table.",
    });
  if (failure.kind === "contended") return new StateLockedError(message);
  const { who, created, id } = failure;
  return new StateLockedError(message, oneLine(`${who} since ${created}, lock ${id}`, 300));
}
