import { z } from "zod";
import type { AwsCall } from "./permission.ts";

export type Fields = Readonly<Record<string, unknown>>;

export function jsonBody(call: AwsCall): Fields {
  return z.record(z.string(), z.unknown()).parse(call.body === "" ? {} : JSON.parse(call.body));
}

/** Operation of the JSON protocols: the last part of the target header. */
export function operationOf(call: AwsCall): string {
  return (call.headers["x-amz-target"] ?? "").split(".").at(-1) ?? "";
}

/** The first of these fields that holds text. */
export function text(fields: Fields, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

/** A field that holds fields itself; empty where it is absent. */
export function part(fields: Fields, name: string): Fields {
  const value = fields[name];
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

export function arn(call: AwsCall, service: string, rest: string): string {
  return `arn:aws:${service}:${call.region}:${call.account}:${rest}`;
}
