import type { Naming } from "../../../naming.ts";
import { allow, type Statement } from "../../../policy.ts";

/** The table of hours that `storage/dynamodb` deploys, as the jobs see it. */
export function hourManifest(naming: Naming): { readonly name: string; readonly statements: Statement[] } {
  const name = naming.in("storage/dynamodb").name("hour-manifest");
  const arn = naming.tableArn(name);
  return {
    name,
    statements: [
      allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [arn]),
      allow(["dynamodb:Query"], [`${arn}/index/pending`]),
    ],
  };
}
