/** What Terraform says when it does not get the state lock, told apart by what can be done about it. */

export type LockFailure =
  /** Somebody holds it, and Terraform could read who. */
  | { readonly kind: "held"; readonly id: string; readonly who: string; readonly created: string }
  /**
   * Somebody holds or just held it, but Terraform could not read who: an unreadable lock, one released between
   * the try and the look, two tries at once, or AWS asking to slow down. Terraform gives up at once on these,
   * whatever its time-out says, so trying again is ours.
   */
  | { readonly kind: "contended" }
  /** Not to be had however long one waits: no access, no such bucket or table, credentials that ended. */
  | { readonly kind: "refused"; readonly fault: string };

const failure = /Error: Error (acquiring the state lock|locking state)/;

const passing =
  /\b(PreconditionFailed|ConditionalRequestConflict|ConditionalCheckFailedException|OperationAborted|SlowDown|Throttl\w*|RequestLimitExceeded|ProvisionedThroughputExceededException|TransactionConflictException|InternalError|InternalServerError|ServiceUnavailable|RequestTimeout)\b|StatusCode: 5\d\d|connection reset|i\/o timeout|unexpected EOF|TLS handshake timeout/;

/** Undefined when the errors are about something else. */
export function lockFailure(stderr: string): LockFailure | undefined {
  // Terraform breaks its errors into lines, and a terminal's frame may stand before each.
  const text = stderr.replaceAll(/[│╷╵\s]+/g, " ");
  const start = text.search(failure);
  if (start < 0) return undefined;
  const said = text.slice(start);
  const holder = /Lock Info: ID: (\S+) Path: .*? Who: (.*?) Version: .*? Created: (.*?) Info:/.exec(said);
  if (holder !== null) {
    const [, id = "", who = "", created = ""] = holder;
    return { kind: "held", id, who, created };
  }
  const attempt =
    said.split(/ [Uu]nable to retrieve | failed to unmarshal | unexpected end of JSON/)[0] ?? said;
  if (passing.test(attempt)) return { kind: "contended" };
  const fault = /(?:api error |RequestID: \w*, (?!HostID))(\w+)(?=:)/.exec(attempt)?.[1];
  return { kind: "refused", fault: fault ?? "its message has no reason that is known" };
}
