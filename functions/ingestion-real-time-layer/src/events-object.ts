import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
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

export interface EventsObject {
  readonly key: string;
  /** Gzipped, one event a line. */
  readonly body: Buffer;
}

/** The object for the events of one poll. Keys sort by time; the same events of the same poll give the same object. */
export function eventsObject(events: readonly unknown[], polledAt: Date): EventsObject {
  const text = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  const iso = polledAt.toISOString();
  const stamp = iso.replaceAll(/[-:.]/g, "");
  return {
    key: `events-api/date=${iso.slice(0, 10)}/hour=${iso.slice(11, 13)}/${stamp}-${digest(text).slice(0, 16)}.json.gz`,
    body: gzipSync(text),
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
