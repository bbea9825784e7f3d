import { arn, type Fields, jsonBody, operationOf, part, text } from "./call-fields.ts";
import type { Keeper, KeptAnswer } from "./kept-here.ts";
import type { AwsCall } from "./permission.ts";

const ok = (body: Fields = {}): KeptAnswer => ({ status: 200, body });
const fault = (code: string, message: string): KeptAnswer => ({
  status: 400,
  fault: code,
  body: { __type: code, Message: message, message },
});
const missing = (name: string): KeptAnswer => fault("EntityNotFoundException", `There is no ruleset ${name}`);

/** Rulesets of Glue Data Quality, which moto does not know. */
export class QualityRulesets implements Keeper {
  readonly #rulesets = new Map<string, Fields>();

  answer(call: AwsCall): KeptAnswer | undefined {
    if (call.service !== "glue") return undefined;
    const operation = operationOf(call);
    if (operation.includes("DataQualityRuleset")) return this.#ruleset(operation, jsonBody(call));
    return /^(GetTags|TagResource|UntagResource)$/.test(operation) ? this.#tags(call, operation) : undefined;
  }

  #ruleset(operation: string, fields: Fields): KeptAnswer | undefined {
    if (operation === "ListDataQualityRulesets") return ok({ Rulesets: [...this.#rulesets.values()] });
    const name = text(fields, "Name") ?? "";
    const found = this.#rulesets.get(name);
    if (operation === "CreateDataQualityRuleset") {
      if (found !== undefined) return fault("AlreadyExistsException", `There is a ruleset ${name}`);
      this.#rulesets.set(name, { ...fields, CreatedOn: Date.now() / 1000 });
      return ok({ Name: name });
    }
    if (found === undefined) return missing(name);
    if (operation === "DeleteDataQualityRuleset") this.#rulesets.delete(name);
    if (operation === "UpdateDataQualityRuleset") this.#rulesets.set(name, { ...found, ...fields });
    const { Tags: _, ...shown } = found;
    return { GetDataQualityRuleset: ok(shown), UpdateDataQualityRuleset: ok(fields) }[operation] ?? ok();
  }

  /** Undefined for the tags of anything else. */
  #tags(call: AwsCall, operation: string): KeptAnswer | undefined {
    const fields = jsonBody(call);
    const resource = text(fields, "ResourceArn") ?? "";
    const name = resource.split(":dataQualityRuleset/")[1];
    if (name === undefined) return undefined;
    const found = this.#rulesets.get(name);
    if (found === undefined || resource !== arn(call, "glue", `dataQualityRuleset/${name}`))
      return missing(name);
    const gone = new Set(operation === "UntagResource" ? Object.values(part(fields, "TagsToRemove")) : []);
    const tags = Object.fromEntries(
      Object.entries({ ...part(found, "Tags"), ...part(fields, "TagsToAdd") }).filter(
        ([key]) => !gone.has(key),
      ),
    );
    this.#rulesets.set(name, { ...found, Tags: tags });
    return ok({ Tags: tags });
  }
}
