import { createHash } from "node:crypto";

const maxLength = 64;

/**
 * Name of a session as AWS wants it ([\w+=,.@-], 2 to 64 characters), from parts such as the repository, run
 * and stack. The same parts give the same name; names that had to be changed or cut end in a digest of the
 * parts, so that two of them stay apart.
 */
export function sessionName(...parts: readonly string[]): string {
  const wished = parts.filter((part) => part !== "").join("/");
  const plain = wished.replaceAll("/", "-");
  const clean = plain.replace(/[^\w+=,.@-]+/g, "-");
  if (clean === plain && clean.length >= 2 && clean.length <= maxLength) return clean;
  const digest = createHash("sha256").update(wished).digest("hex").slice(0, 8);
  return `${clean.slice(0, maxLength - digest.length - 1)}-${digest}`;
}
