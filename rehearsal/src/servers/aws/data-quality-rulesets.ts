import { z } from "zod";
import type { Keeper, KeptAnswer } from "./kept-here.ts";
import type { AwsCall } from "./permission.ts";

const Fields = z.looseObject({
  Name: z.string().default(""),
  ResourceArn: z.string().default(""),
  Tags: z.record(z.string(), z.string()).default({}),
  TagsToAdd: z.record(z.string(), z.string()).default({}),
  TagsToRemove: z.array(z.string()).default([]),
});

type Fields = z.infer<typeof Fields>;

interface Ruleset {
  /** As it was given, without its tags. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Glue's Data Quality rulesets, which moto does not know. */
export class DataQualityRulesets implements Keeper {
  readonly #rulesets = new Map<string, Ruleset>();

  answer(call: AwsCall): KeptAnswer | undefined {
    if (call.service !== "glue") return undefined;
    const operation = (call.headers["x-amz-target"] ?? "").split(".").at(-1) ?? "";
    if (operation === "CreateDataQualityRuleset") return this.#create(fieldsOf(call));
    if (operation === "ListDataQualityRulesets") {
      const Rulesets = [...this.#rulesets.values()].map(({ settings }) => settings);
      return { status: 200, body: { Rulesets } };
    }
    if (operation.endsWith("DataQualityRuleset")) return this.#one(operation, fieldsOf(call));
    return /^(GetTags|TagResource|UntagResource)$/.test(operation) ? this.#tags(fieldsOf(call)) : undefined;
  }

  #create({ Name, Tags, ...given }: Fields): KeptAnswer {
    if (this.#rulesets.has(Name)) return fault("AlreadyExistsException", `There is a ruleset ${Name}`);
    const { Ruleset, Description, TargetTable } = given;
    const settings = { Name, Ruleset, Description, TargetTable, CreatedOn: 1_767_225_600 };
    this.#rulesets.set(Name, { settings, tags: Tags });
    return { status: 200, body: { Name } };
  }

  #one(operation: string, { Name, ...given }: Fields): KeptAnswer {
    const found = this.#rulesets.get(Name);
    if (found === undefined) return missing(Name);
    if (operation === "GetDataQualityRuleset") return { status: 200, body: found.settings };
    if (operation === "DeleteDataQualityRuleset") {
      this.#rulesets.delete(Name);
      return { status: 200, body: {} };
    }
    const { Ruleset, Description } = given;
    const settings = { ...found.settings, Ruleset, Description };
    this.#rulesets.set(Name, { ...found, settings });
    return { status: 200, body: settings };
  }

  /** Of a ruleset; the tags of anything else are moto's. */
  #tags({ ResourceArn, TagsToAdd, TagsToRemove }: Fields): KeptAnswer | undefined {
    const [, name] = /:dataQualityRuleset\/(.+)$/.exec(ResourceArn) ?? [];
    if (name === undefined) return undefined;
    const found = this.#rulesets.get(name);
    if (found === undefined) return missing(name);
    const left = Object.entries(found.tags).filter(([key]) => !TagsToRemove.includes(key));
    const tags = { ...Object.fromEntries(left), ...TagsToAdd };
    this.#rulesets.set(name, { ...found, tags });
    return { status: 200, body: { Tags: tags } };
  }
}

function fieldsOf({ body }: AwsCall): Fields {
  return Fields.parse(body === "" ? {} : JSON.parse(body));
}

function missing(name: string): KeptAnswer {
  return fault("EntityNotFoundException", `There is no ruleset ${name}`);
}

function fault(name: string, Message: string): KeptAnswer {
  return { status: 400, fault: name, body: { __type: name, Message } };
}
