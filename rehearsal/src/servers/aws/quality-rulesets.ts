import { arn, type Fields, jsonBody, part, text } from "./call-fields.ts";
import type { Keeper, KeptAnswer } from "./kept-here.ts";
import type { AwsCall } from "./permission.ts";
import { permissionsOf } from "./service-permissions.ts";

type Rulesets = Map<string, Fields>;

/** Undefined: the call is of something else, and goes on to moto. */
type Answer = (call: AwsCall, kept: Rulesets) => KeptAnswer | undefined;

const ok = (body: Fields = {}): KeptAnswer => ({ status: 200, body });
const fault = (code: string, message: string): KeptAnswer => ({
  status: 400,
  fault: code,
  body: { __type: code, Message: message, message },
});

const rulesetName = (call: AwsCall): string => text(jsonBody(call), "Name") ?? "";
const missing = (name: string): KeptAnswer => fault("EntityNotFoundException", `There is no ruleset ${name}`);

/** Tags of a ruleset, changed as the call says; of anything else, nothing. */
function tagged(call: AwsCall, kept: Rulesets, change: (tags: Fields) => Fields): KeptAnswer | undefined {
  const resource = text(jsonBody(call), "ResourceArn") ?? "";
  const name = resource.split(":dataQualityRuleset/")[1];
  if (name === undefined) return undefined;
  const found = kept.get(name);
  if (found === undefined || resource !== arn(call, "glue", `dataQualityRuleset/${name}`))
    return missing(name);
  const tags = change(part(found, "Tags"));
  kept.set(name, { ...found, Tags: tags });
  return ok({ Tags: tags });
}

/** By the action that a call needs first. */
const answers: Readonly<Record<string, Answer>> = {
  "glue:CreateDataQualityRuleset": (call, kept) => {
    const name = rulesetName(call);
    if (kept.has(name)) return fault("AlreadyExistsException", `There is a ruleset ${name}`);
    kept.set(name, { ...jsonBody(call), CreatedOn: Date.now() / 1000 });
    return ok({ Name: name });
  },
  "glue:GetDataQualityRuleset": (call, kept) => {
    const { Tags: _, ...found } = kept.get(rulesetName(call)) ?? {};
    return "Name" in found ? ok(found) : missing(rulesetName(call));
  },
  "glue:UpdateDataQualityRuleset": (call, kept) => {
    const found = kept.get(rulesetName(call));
    if (found === undefined) return missing(rulesetName(call));
    kept.set(rulesetName(call), { ...found, ...jsonBody(call) });
    return ok(jsonBody(call));
  },
  "glue:DeleteDataQualityRuleset": (call, kept) =>
    kept.delete(rulesetName(call)) ? ok() : missing(rulesetName(call)),
  "glue:ListDataQualityRulesets": (_, kept) => ok({ Rulesets: [...kept.values()] }),
  "glue:GetTags": (call, kept) => tagged(call, kept, (tags) => tags),
  "glue:TagResource": (call, kept) =>
    tagged(call, kept, (tags) => ({ ...tags, ...part(jsonBody(call), "TagsToAdd") })),
  "glue:UntagResource": (call, kept) => {
    const gone = new Set(Object.values(part(jsonBody(call), "TagsToRemove")));
    return tagged(call, kept, (tags) =>
      Object.fromEntries(Object.entries(tags).filter(([name]) => !gone.has(name))),
    );
  },
};

/** Rulesets of Glue Data Quality, which moto does not know. */
export class QualityRulesets implements Keeper {
  readonly #kept: Rulesets = new Map();

  answer(call: AwsCall): KeptAnswer | undefined {
    if (call.service !== "glue") return undefined;
    return answers[permissionsOf(call)[0]?.action ?? ""]?.(call, this.#kept);
  }
}
