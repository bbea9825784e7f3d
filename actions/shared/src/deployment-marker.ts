import { ActionError } from "./action-error.ts";
import { type DeploymentMarker, deploymentMarkerSchema, markerKey } from "./contracts/plan-record.ts";
import type { ObjectStore } from "./ports/object-store.ts";

export interface StoredMarker {
  readonly marker: DeploymentMarker;
  readonly etag: string;
}

/** Undefined when the stack was never deployed. */
export async function readMarker(store: ObjectStore, stack: string): Promise<StoredMarker | undefined> {
  const object = await store.read(markerKey(stack));
  if (object === undefined) return undefined;
  const parsed = deploymentMarkerSchema.safeParse(parseJson(object.body));
  if (!parsed.success || parsed.data.stack !== stack) throw unreadable(stack);
  return { marker: parsed.data, etag: object.etag };
}

/** Writes over exactly what was read. False: another run has written meanwhile. */
export function writeMarker(
  store: ObjectStore,
  marker: DeploymentMarker,
  read: StoredMarker | undefined,
): Promise<boolean> {
  return store.write(markerKey(marker.stack), JSON.stringify(marker), { ifMatch: read?.etag });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(stack: string): ActionError {
  return new ActionError(`The deployment marker ${markerKey(stack)} cannot be read`, {
    hint: "It has an unknown shape or version. Use the version of the actions that wrote it, or remove it and deploy again.",
  });
}
