import type { AwsFront } from "../servers/aws-front.ts";

/** What AWS denied, which is often why something failed that does not say so. */
export function denied({ denials }: Pick<AwsFront, "denials">): string {
  const last = denials
    .slice(-5)
    .map(({ caller, action, resource }) => `\n  ${action} on ${resource}, to ${caller}`);
  return last.length === 0 ? "" : `\nAWS denied at last:${last.join("")}`;
}
