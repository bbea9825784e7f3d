import { ActionError } from "../../shared/src/action-error.ts";
import { type DeploymentMarker, deploymentMarkerSchema } from "../../shared/src/contracts/plan-record.ts";
import type { Environment, Stack, StackMap } from "../../shared/src/contracts/stack-map.ts";
import type { SelectedStack, Selection } from "./selection.ts";
import { listed } from "./warnings.ts";

/** Text of a stack's marker, or undefined when it has none. Throws when that cannot be told. */
export type ReadMarker = (stack: string) => Promise<string | undefined>;

export interface MarkerComparison {
  readonly map: StackMap;
  readonly digest: (stack: Stack) => Promise<string>;
  /** Why the files of a plain folder may not be all that it reads. */
  readonly doubts: (stack: Stack) => Promise<readonly string[]>;
  /** Called once for each plan role of an environment; undefined: the credentials that the job has. */
  readonly openMarkers: (role: string | undefined, environment: Environment) => Promise<ReadMarker>;
}

interface Judged extends SelectedStack {
  readonly kind: "affected" | "unchanged" | "current";
  readonly unreadable?: boolean;
}

const stacksAtOnce = 8;

/** Affected is what differs from what was last deployed, or of which that cannot be told. */
export async function compareWithMarkers(comparison: MarkerComparison): Promise<Selection> {
  const stacks = [...comparison.map.stacks.values()];
  const groups = Map.groupBy(stacks, (stack) => `${stack.environment.name} ${stack.planRole ?? ""}`);
  const judged = new Map<Stack, Judged>();
  for (const group of groups.values())
    for (const verdict of await judgeGroup(comparison, group)) judged.set(verdict.stack, verdict);
  const inOrder = stacks.flatMap((stack) => judged.get(stack) ?? []);
  const unreadable = inOrder.filter((verdict) => verdict.unreadable === true);
  return {
    affected: inOrder.filter(({ kind }) => kind === "affected"),
    unchanged: inOrder.filter(({ kind }) => kind === "unchanged"),
    removed: [],
    warnings:
      unreadable.length === 0
        ? []
        : [
            `The deployment markers of ${listed(
              unreadable.map(({ stack }) => stack.id),
              10,
            )} could not be read, so they count as affected: ${unreadable[0]?.reason ?? ""}`,
          ],
  };
}

async function judgeGroup(
  { openMarkers, digest, doubts }: MarkerComparison,
  group: readonly Stack[],
): Promise<Judged[]> {
  const [first] = group;
  if (first === undefined) return [];
  let read: ReadMarker;
  try {
    read = await openMarkers(first.planRole, first.environment);
  } catch (error) {
    return group.map((stack) => ({ stack, kind: "affected", reason: unreadable(error), unreadable: true }));
  }
  const judged: Judged[] = [];
  for (let start = 0; start < group.length; start += stacksAtOnce) {
    const batch = group.slice(start, start + stacksAtOnce);
    judged.push(...(await Promise.all(batch.map((stack) => judge(stack, { read, digest, doubts })))));
  }
  return judged;
}

async function judge(
  stack: Stack,
  { read, digest, doubts }: Pick<MarkerComparison, "digest" | "doubts"> & { readonly read: ReadMarker },
): Promise<Judged> {
  let text: string | undefined;
  try {
    text = await read(stack.id);
  } catch (error) {
    return { stack, kind: "affected", reason: unreadable(error), unreadable: true };
  }
  if (text === undefined) return { stack, kind: "affected", reason: "never deployed" };
  const marker = parseMarker(text, stack.id);
  if (marker === undefined)
    return { stack, kind: "affected", reason: "its deployment marker is damaged", unreadable: true };
  if ((await digest(stack)) !== marker.digest)
    return { stack, kind: "affected", reason: `differs from what ${marker.commit.slice(0, 7)} deployed` };
  if (marker.begun !== undefined)
    return {
      stack,
      kind: "affected",
      reason: `the apply of ${marker.begun.commit.slice(0, 7)} began and did not end`,
    };
  const [doubt] = stack.synthesized ? [] : await doubts(stack);
  if (doubt !== undefined)
    return { stack, kind: "affected", reason: `what it reads cannot be told: ${doubt}` };
  return marker.operation === "destroy"
    ? {
        stack,
        kind: "unchanged",
        reason: `destroyed by hand on ${marker.appliedAt.slice(0, 10)}; apply it by hand to bring it back`,
      }
    : { stack, kind: "current", reason: "deployed as it is" };
}

function parseMarker(text: string, stack: string): DeploymentMarker | undefined {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = deploymentMarkerSchema.safeParse(content);
  return parsed.success && parsed.data.stack === stack ? parsed.data : undefined;
}

function unreadable(error: unknown): string {
  if (!(error instanceof ActionError)) throw error;
  return `its deployment marker cannot be read: ${error.message.split("\n")[0] ?? ""}`;
}
