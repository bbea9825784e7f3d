import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Keeper, KeptAnswer } from "./kept-here.ts";
import type { AwsCall } from "./permission.ts";

const Settings = z.looseObject({
  FunctionName: z.string().optional(),
  EventSourceArn: z.string().optional(),
  Tags: z.record(z.string(), z.string()).optional(),
});

/** A queue that feeds a function, as Lambda shows it. */
interface Mapping {
  readonly functionArn: string;
  readonly arn: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly tags: ReadonlyMap<string, string>;
}

/**
 * Lambda's event source mappings. moto invokes the function itself, through docker, as soon as a message is
 * sent; without docker every message to such a queue would fail.
 */
export class EventSourceMappings implements Keeper {
  readonly #mappings = new Map<string, Mapping>();

  /** By the id of a mapping or its ARN. */
  functionArn(id: string): string | undefined {
    return this.#mappings.get(id.split(":").at(-1) ?? "")?.functionArn;
  }

  answer(call: AwsCall): KeptAnswer | undefined {
    if (call.service !== "lambda") return undefined;
    const path = decodeURIComponent(call.url.pathname).replace(/^\/\d{4}-\d{2}-\d{2}/, "");
    const [, id] = /^\/event-source-mappings(?:\/([^/]*))?$/.exec(path) ?? [];
    if (id !== undefined && id !== "") return this.#one(call, id);
    if (/^\/event-source-mappings\/?$/.test(path)) return this.#all(call);
    const [, tagged] = /^\/tags\/arn:.*:event-source-mapping:([^:]+)$/.exec(path) ?? [];
    return tagged === undefined ? undefined : this.#tags(call, tagged);
  }

  #all(call: AwsCall): KeptAnswer {
    if (call.method === "POST") return this.#create(call);
    const { searchParams } = call.url;
    const wanted = {
      EventSourceArn: searchParams.get("EventSourceArn"),
      name: searchParams.get("FunctionName"),
    };
    const found = [...this.#mappings]
      .filter(
        ([, { settings, functionArn }]) =>
          (wanted.EventSourceArn === null || settings["EventSourceArn"] === wanted.EventSourceArn) &&
          (wanted.name === null || functionArnOf(call, wanted.name) === functionArn),
      )
      .map(([id, mapping]) => shown(id, mapping));
    return { status: 200, body: { EventSourceMappings: found } };
  }

  #create(call: AwsCall): KeptAnswer {
    const { FunctionName = "", Tags = {}, ...settings } = Settings.parse(JSON.parse(call.body));
    const functionArn = functionArnOf(call, FunctionName);
    const same = [...this.#mappings.values()].some(
      (mapping) =>
        mapping.functionArn === functionArn && mapping.settings["EventSourceArn"] === settings.EventSourceArn,
    );
    if (same) return fault(409, "ResourceConflictException", "The event source and function have a mapping.");
    const id = randomUUID();
    const arn = `arn:aws:lambda:${call.region}:${call.account}:event-source-mapping:${id}`;
    const mapping = { functionArn, arn, settings, tags: new Map(Object.entries(Tags)) };
    this.#mappings.set(id, mapping);
    return { status: 202, body: shown(id, mapping) };
  }

  #one(call: AwsCall, id: string): KeptAnswer {
    const mapping = this.#mappings.get(id);
    if (mapping === undefined) return notFound;
    if (call.method === "DELETE") {
      this.#mappings.delete(id);
      return { status: 202, body: { ...shown(id, mapping), State: "Deleting" } };
    }
    if (call.method !== "PUT") return { status: 200, body: shown(id, mapping) };
    const { FunctionName, ...settings } = Settings.parse(JSON.parse(call.body));
    const changed = {
      ...mapping,
      functionArn: FunctionName === undefined ? mapping.functionArn : functionArnOf(call, FunctionName),
      settings: { ...mapping.settings, ...settings },
    };
    this.#mappings.set(id, changed);
    return { status: 202, body: shown(id, changed) };
  }

  #tags(call: AwsCall, id: string): KeptAnswer {
    const mapping = this.#mappings.get(id);
    if (mapping === undefined) return notFound;
    const tags = new Map(mapping.tags);
    if (call.method === "GET") return { status: 200, body: { Tags: Object.fromEntries(tags) } };
    if (call.method === "DELETE") for (const key of call.url.searchParams.getAll("tagKeys")) tags.delete(key);
    else
      for (const [key, value] of Object.entries(Settings.parse(JSON.parse(call.body)).Tags ?? {}))
        tags.set(key, value);
    this.#mappings.set(id, { ...mapping, tags });
    return { status: 204, body: undefined };
  }
}

const notFound = fault(404, "ResourceNotFoundException", "The resource you requested does not exist.");

function fault(status: number, name: string, message: string): KeptAnswer {
  return { status, fault: name, body: { Type: "User", Message: message } };
}

function functionArnOf({ region, account }: AwsCall, name: string): string {
  return name.startsWith("arn:") ? name : `arn:aws:lambda:${region}:${account}:function:${name}`;
}

function shown(id: string, { functionArn, arn, settings }: Mapping): Record<string, unknown> {
  return {
    UUID: id,
    EventSourceMappingArn: arn,
    FunctionArn: functionArn,
    MaximumBatchingWindowInSeconds: 0,
    ...settings,
    State: settings["Enabled"] === false ? "Disabled" : "Enabled",
    StateTransitionReason: "USER_INITIATED",
    LastModified: 1_767_225_600,
  };
}
