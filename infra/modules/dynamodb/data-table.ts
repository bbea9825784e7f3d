import type { Naming } from "../../naming.ts";
import { allow, type Statement } from "../../policy.ts";

/** A table as others see it: its name, composed and never read from state, and the rights one can be given on it. */
export class DataTable {
  readonly name: string;
  readonly arn: string;

  /** `owner` is the naming of the stack that has the table; `resource` its name there, such as `hour-manifest`. */
  constructor(owner: Naming, resource: string) {
    this.name = owner.name(resource);
    this.arn = owner.tableArn(this.name);
  }

  /** To look up rows by their key, and to find them by the key of the table or of an index. Not to scan. */
  read(): Statement[] {
    return [
      allow(["dynamodb:BatchGetItem", "dynamodb:GetItem"], [this.arn]),
      allow(["dynamodb:Query"], [this.arn, `${this.arn}/index/*`]),
    ];
  }

  /** To write single attributes of a row, which makes the row if there is none. Not to replace or delete one. */
  update(): Statement[] {
    return [allow(["dynamodb:UpdateItem"], [this.arn])];
  }
}
