import type { PlatformStack } from "../../../platform-stack.ts";
import { hourManifestTable } from "./hour-manifest.ts";

export function build(stack: PlatformStack): void {
  hourManifestTable(stack);
}
