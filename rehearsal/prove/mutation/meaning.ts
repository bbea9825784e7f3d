import type { ChangeDocument, PlanDocument } from "./plans.ts";

/**
 * What a plan would do, said once more by other means than the code that is tried: in the clear, without a
 * digest, leaf by leaf. A line for each change and output; two plans that have a line in common do the same there.
 */
export function meaningOf(plan: PlanDocument): ReadonlySet<string> {
  return new Set([
    ...(plan.resource_changes ?? []).filter(isEffective).map(changeLine),
    ...Object.entries(plan.output_changes ?? {})
      .filter(([, { actions }]) => actions.some((action) => action !== "no-op" && action !== "read"))
      .map(
        ([name, output]) =>
          `output ${name} ${output.actions.join()} ${plain(output.before)} ${output.after_unknown === true ? "?" : plain(output.after)}`,
      ),
  ]);
}

function isEffective({ mode, previous_address, change }: ChangeDocument): boolean {
  if (mode === "data") return false;
  const acts = change.actions.some((action) => action !== "no-op" && action !== "read");
  return acts || previous_address !== undefined || change.importing != null;
}

function changeLine({ address, deposed, previous_address, change }: ChangeDocument): string {
  const goes = change.actions.every((action) => action === "delete" || action === "forget");
  return JSON.stringify([
    address,
    deposed ?? null,
    previous_address ?? null,
    change.actions.filter((action) => action !== "no-op"),
    change.importing == null ? null : { id: change.importing.id ?? null },
    (change.replace_paths ?? []).map((path) => JSON.stringify(path.map(String))).sort(),
    goes ? identityOf(change.before) : differences(change),
  ]);
}

function identityOf(before: unknown): unknown {
  const { id, arn } = (before ?? {}) as Record<string, unknown>;
  const identity = [id, arn].filter((part) => typeof part === "string" && part !== "");
  return identity.length > 0 ? [id ?? null, arn ?? null] : plain(before);
}

/** Path, old and new value of every leaf that is not the same. What is created has no old value. */
function differences({ actions, before, after, after_unknown }: ChangeDocument["change"]): string[] {
  const old = leaves(actions.join() === "create" ? null : before, undefined);
  const fresh = leaves(after, after_unknown);
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .filter((path) => old.get(path) !== fresh.get(path))
    .map((path) => `${path} ${old.get(path) ?? "-"} ${fresh.get(path) ?? "-"}`)
    .sort();
}

function leaves(value: unknown, unknown: unknown, path = ""): Map<string, string> {
  if (unknown === true) return new Map([[path, "?"]]);
  const parts =
    typeof value === "object" && value !== null ? Object.entries(value) : ([] as [string, unknown][]);
  const hidden = typeof unknown === "object" && unknown !== null ? Object.entries(unknown) : [];
  const keys = new Set([...parts.map(([key]) => key), ...hidden.map(([key]) => key)]);
  if (keys.size === 0) {
    const absent = value === undefined || (value === null && path.lastIndexOf("/") === 0) || path === "";
    return absent ? new Map() : new Map([[path, plain(value)]]);
  }
  return new Map(
    [...keys].flatMap((key) => [
      ...leaves(
        (value as Record<string, unknown> | null)?.[key],
        (unknown as Record<string, unknown> | null)?.[key],
        `${path}/${key.replaceAll("/", "\\/")}`,
      ),
    ]),
  );
}

/** One text per value: members sorted, and JSON in a text by its structure. */
function plain(value: unknown): string {
  if (typeof value === "string") {
    const inner = /^\s*[[{]/.test(value) ? parsed(value) : undefined;
    return inner === undefined ? JSON.stringify(value) : `text of ${plain(inner)}`;
  }
  if (Array.isArray(value)) return `[${value.map(plain).join()}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, part]) => `${JSON.stringify(key)}:${plain(part)}`)
      .sort()
      .join()}}`;
  return value === undefined ? "-" : JSON.stringify(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
