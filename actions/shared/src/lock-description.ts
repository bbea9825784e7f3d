import { describeRun } from "./lock-attribution.ts";
import type { LockHolder, LockState } from "./ports/locks.ts";

/** The state of a lock as one line for a person; `now` gives the age. */
export function describeLock(state: LockState, now: Date): string {
  if (state.status === "free") return "The state lock is free";
  if (state.status === "unknown") return `The state lock counts as held: ${state.reason}`;
  const holders = [...Map.groupBy(state.holders, (holder) => holder.id).values()];
  return holders.map((kinds) => describeHolder(kinds, now)).join("; ");
}

/** What to do about a lock that is not free. */
export function lockHint(state: LockState): string {
  if (state.status !== "held")
    return "A lock that cannot be read counts as held. Give the role read access to it, or repair it, and run the job again.";
  const ids = [...new Set(state.holders.map((holder) => holder.id))];
  return (
    "Wait until the run that holds it is over, and run the job again. Only when that run is certainly over, " +
    `release it with the action unlock (by hand: operate), ${ids.map((id) => `lock-id ${id}`).join(", then ")}`
  );
}

const kindNames = { lockfile: "lock file", dynamodb: "DynamoDB item" } as const;

function describeHolder(holders: readonly LockHolder[], now: Date): string {
  const [first] = holders;
  if (first === undefined) return "";
  const kinds = holders.map((holder) => kindNames[holder.kind]).join(" and ");
  return (
    `The state lock of ${first.path} is held by ${first.who} since ${first.created} (${age(first.created, now)}): ` +
    `${first.operation}, Terraform ${first.version}, lock ${first.id}, ${kinds}` +
    (first.runs ?? []).map((run) => `; ${describeRun(run)}`).join("")
  );
}

function age(created: string, now: Date): string {
  const seconds = Math.floor((now.getTime() - Date.parse(created)) / 1000);
  if (Number.isNaN(seconds)) return "of unknown age";
  if (seconds < 0) return "in the future by this machine's clock";
  if (seconds < 120) return `${seconds} s ago`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min ago` : `${Math.floor(hours / 24)} days ago`;
}
