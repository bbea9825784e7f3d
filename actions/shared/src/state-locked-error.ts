import { ActionError } from "./action-error.ts";

/** Terraform itself found the state locked: someone took the lock after it was seen free. */
export class StateLockedError extends ActionError {
  constructor(message: string) {
    super(message, {
      hint: "Wait until the run that holds the state lock is over, and run the job again; check-lock says who holds it.",
    });
    this.name = "StateLockedError";
  }
}
