import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createGunzip, gzipSync } from "node:zlib";
import { z } from "zod";

const eventSchema = z.looseObject({ id: z.string().optional(), created_at: z.string() });
const taken = 1_500;
const dayMs = 86_400_000;

/**
 * An hour that lands late, made of the lines of an earlier one: some of them once more, some as events of the
 * day before, the others as events of their own.
 */
export async function lateHour(from: string): Promise<Buffer> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(from).pipe(createGunzip()) })) {
    if (lines.length >= taken) break;
    lines.push(line);
  }
  return gzipSync(lines.map((line, index) => `${lateLine(line, index)}\n`).join(""));
}

function lateLine(line: string, index: number): string {
  if (index % 3 === 0) return line;
  const read = eventSchema.safeParse(parsed(line));
  if (!read.success) return line;
  const { data: event } = read;
  const moment = new Date(Date.parse(event.created_at) - (index % 3 === 1 ? dayMs : 0)).toISOString();
  const id = event.id === undefined ? {} : { id: `9${event.id}` };
  return JSON.stringify({ ...event, ...id, created_at: moment.replace(".000Z", "Z") });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // A line that is no event stays as it is.
  }
}
