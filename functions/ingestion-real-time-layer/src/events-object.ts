import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";

const Identified = z.looseObject({ id: z.string().min(1), type: z.string().min(1) });

/**
 * What makes an event the same event. The id alone does not: GitHub counts some types by themselves, so an id comes
 * back with another type. An event without id or type is known by its content.
 */
export function eventKey(event: unknown): string {
  const identified = Identified.safeParse(event);
  if (identified.success) return `${identified.data.type}:${identified.data.id}`;
  return `sha256:${digest(JSON.stringify(event))}`;
}

/** Where a poll is going to write its events. Keys sort by time, and no two polls have the same. */
export function eventsObjectKey(polledAt: Date, claimId: string): string {
  const iso = polledAt.toISOString();
  const stamp = iso.replaceAll(/[-:.]/g, "");
  return `events-api/date=${iso.slice(0, 10)}/hour=${iso.slice(11, 13)}/${stamp}-${claimId}.json.gz`;
}

/** Gzipped, one event a line. */
export function packEvents(events: readonly unknown[]): Buffer {
  return gzipSync(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
}

export function unpackEvents(body: Uint8Array): unknown[] {
  const lines = gunzipSync(body).toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line): unknown => JSON.parse(line));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
