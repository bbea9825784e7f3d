import type { PlatformStack } from "../../../platform-stack.ts";
import { helperBucket } from "./helper-bucket.ts";
import { qualifiedLayer } from "./qualified-layer.ts";
import { rawLayer } from "./raw-layer.ts";

export function build(stack: PlatformStack): void {
  rawLayer(stack);
  qualifiedLayer(stack);
  helperBucket(stack);
}
