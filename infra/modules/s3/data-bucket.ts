import type { Naming } from "../../naming.ts";
import { allow, type Statement } from "../../policy.ts";

/** A bucket as others see it: its name, composed and never read from state, and the rights one can be given on it. */
export class DataBucket {
  readonly name: string;
  readonly arn: string;
  private readonly naming: Naming;

  /** `owner` is the naming of the stack that has the bucket; `resource` its name there, such as `raw-layer`. */
  constructor(owner: Naming, resource: string) {
    this.naming = owner;
    this.name = owner.bucketName(resource);
    this.arn = owner.bucketArn(this.name);
  }

  /** URI of everything below a prefix; the prefix is empty or ends with a slash. */
  uri(prefix = ""): string {
    return `s3://${this.name}/${prefix}`;
  }

  /** To read what lies below the prefix, and to find it: Spark asks first for an object that is named like the folder. */
  read(prefix = ""): Statement[] {
    const folder = prefix === "" ? [] : [`${this.arn}/${prefix.replace(/\/$/, "")}`];
    return [
      allow(["s3:GetObject"], [this.naming.objectsArn(this.name, prefix), ...folder]),
      allow(["s3:ListBucket", "s3:GetBucketLocation"], [this.arn]),
    ];
  }

  /** To write objects, in parts too, without replacing the right to read or delete. */
  write(prefix = ""): Statement[] {
    return [allow(["s3:PutObject", "s3:AbortMultipartUpload"], [this.naming.objectsArn(this.name, prefix)])];
  }

  /** Spark replaces partitions and clears its staging folders; Glue marks a folder by an object beside it. */
  replace(prefix = ""): Statement[] {
    const marker = prefix === "" ? [] : [`${this.arn}/${prefix.replace(/\/$/, "_$folder$")}`];
    return [
      ...this.read(prefix),
      allow(
        ["s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"],
        [this.naming.objectsArn(this.name, prefix), ...marker],
      ),
    ];
  }
}
