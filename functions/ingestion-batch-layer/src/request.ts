import { z } from "zod";
import { type ArchiveHour, hourBefore, parseHour } from "./archive-hour.ts";
import { InvalidHourError } from "./errors.ts";

/** What an event or a message asks for. */
export interface HourRequest {
  readonly hour: ArchiveHour;
  /** Comes from the schedule: others are looked after, too. */
  readonly tick: boolean;
}

const Moment = z.iso.datetime({ offset: true });
const HourEvent = z.strictObject({ hour: z.string().optional(), time: Moment.optional() });
const ScheduledEvent = z.looseObject({ source: z.enum(["aws.scheduler", "aws.events"]), time: Moment });
const Message = z.union([z.strictObject({ hour: z.string() }), z.strictObject({ time: Moment })]);

/**
 * Of a direct invocation: `{ hour }` for that hour, `{ time }` or an EventBridge event for the hour before that
 * moment, `{}` or none for the hour before now. A retry hours later must still mean the same hour, so the time of
 * the schedule comes before the clock.
 */
export function requestOfEvent(event: unknown, now: Date): HourRequest {
  const scheduled = ScheduledEvent.safeParse(event);
  if (scheduled.success) return { hour: hourBefore(new Date(scheduled.data.time)), tick: true };
  const parsed = HourEvent.safeParse(event ?? {});
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => [...issue.path, issue.message].join(": "));
    throw new InvalidHourError(
      `the event must be {"hour": "2026-09-25-5"}, {"time": "…"} or {}. ${faults.join("; ")}`,
    );
  }
  const { hour, time } = parsed.data;
  if (hour !== undefined) return { hour: parseHour(hour), tick: false };
  return { hour: hourBefore(time === undefined ? now : new Date(time)), tick: time !== undefined };
}

/** Of a message's body: `{ hour }` or `{ time }`. It may wait for days, so "now" means nothing in it. */
export function requestOfMessage(body: string): HourRequest {
  const parsed = Message.safeParse(parseJson(body));
  if (!parsed.success)
    throw new InvalidHourError(
      `the message ${JSON.stringify(body.slice(0, 100))} must be {"hour": "2026-09-25-5"} or {"time": "2026-09-25T06:15:00Z"}`,
    );
  return "hour" in parsed.data
    ? { hour: parseHour(parsed.data.hour), tick: false }
    : { hour: hourBefore(new Date(parsed.data.time)), tick: true };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON is told as what it should have been.
    return undefined;
  }
}
