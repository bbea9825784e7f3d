import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dataLayers } from "../../../layers.ts";
import { ContentObject } from "../../../modules/s3/content-object.ts";
import type { Naming } from "../../../naming.ts";
import type { PlatformStack } from "../../../platform-stack.ts";

/** Where this stack keeps its code in the helper bucket. */
export function codePrefix(naming: Naming): string {
  return `code/${naming.place.stack}/`;
}

/** The library that every job of this stack imports. */
export async function jobLibrary(stack: PlatformStack): Promise<ContentObject> {
  return new ContentObject(stack, "library", {
    bucket: dataLayers(stack.naming).helper,
    prefix: codePrefix(stack.naming),
    content: await stack.artifacts.gluePackage(),
  });
}

/** Entry of a job, `glue/jobs/<name>.py`. */
export function jobScript(stack: PlatformStack, name: string): ContentObject {
  const file = stack.artifacts.glueScript(name);
  const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
  return new ContentObject(stack, `${name}-script`, {
    bucket: dataLayers(stack.naming).helper,
    prefix: codePrefix(stack.naming),
    content: { file, sha256 },
  });
}
