import { arn, type Fields, jsonBody, part, text } from "./call-fields.ts";
import type { AwsCall } from "./permission.ts";
import { permissionsOf } from "./service-permissions.ts";

/** What moto does not know and the front keeps itself, by kind and then by name. */
export class KeptResources {
  private readonly kinds = new Map<string, Map<string, Fields>>();

  of(kind: string): Map<string, Fields> {
    const found = this.kinds.get(kind) ?? new Map<string, Fields>();
    this.kinds.set(kind, found);
    return found;
  }
}

export interface KeptAnswer {
  readonly status: number;
  readonly body: Fields;
}

/** Undefined: the call is of something else, and goes on to moto. */
type Answer = (call: AwsCall, kept: KeptResources) => KeptAnswer | undefined;

const ok = (body: Fields = {}): KeptAnswer => ({ status: 200, body });
const fault = (code: string, message: string): KeptAnswer => ({
  status: 400,
  body: { __type: code, Message: message, message },
});

const rulesets = (kept: KeptResources) => kept.of("dataQualityRuleset");
const rulesetName = (call: AwsCall): string => text(jsonBody(call), "Name") ?? "";
const missing = (name: string): KeptAnswer => fault("EntityNotFoundException", `There is no ruleset ${name}`);

/** Tags of a ruleset, changed as the call says; of anything else, nothing. */
function tagged(
  call: AwsCall,
  kept: KeptResources,
  change: (tags: Fields) => Fields,
): KeptAnswer | undefined {
  const resource = text(jsonBody(call), "ResourceArn") ?? "";
  const name = resource.split(":dataQualityRuleset/")[1];
  if (name === undefined) return undefined;
  const found = rulesets(kept).get(name);
  if (found === undefined || resource !== arn(call, "glue", `dataQualityRuleset/${name}`))
    return missing(name);
  const tags = change(part(found, "Tags"));
  rulesets(kept).set(name, { ...found, Tags: tags });
  return ok({ Tags: tags });
}

/** By the action that a call needs first. */
const answers: Readonly<Record<string, Answer>> = {
  "glue:CreateDataQualityRuleset": (call, kept) => {
    const name = rulesetName(call);
    if (rulesets(kept).has(name)) return fault("AlreadyExistsException", `There is a ruleset ${name}`);
    rulesets(kept).set(name, { ...jsonBody(call), CreatedOn: Date.now() / 1000 });
    return ok({ Name: name });
  },
  "glue:GetDataQualityRuleset": (call, kept) => {
    const { Tags: _, ...found } = rulesets(kept).get(rulesetName(call)) ?? {};
    return "Name" in found ? ok(found) : missing(rulesetName(call));
  },
  "glue:UpdateDataQualityRuleset": (call, kept) => {
    const found = rulesets(kept).get(rulesetName(call));
    if (found === undefined) return missing(rulesetName(call));
    rulesets(kept).set(rulesetName(call), { ...found, ...jsonBody(call) });
    return ok(jsonBody(call));
  },
  "glue:DeleteDataQualityRuleset": (call, kept) =>
    rulesets(kept).delete(rulesetName(call)) ? ok() : missing(rulesetName(call)),
  "glue:ListDataQualityRulesets": (_, kept) => ok({ Rulesets: [...rulesets(kept).values()] }),
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

const services = new Set(Object.keys(answers).map((action) => action.split(":")[0]));

/** The answer to a call that moto could not give. */
export function answerHere(call: AwsCall, kept: KeptResources): KeptAnswer | undefined {
  if (!services.has(call.service)) return undefined;
  return answers[permissionsOf(call)[0]?.action ?? ""]?.(call, kept);
}
