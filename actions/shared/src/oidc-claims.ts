import { z } from "zod";
import { oneLine } from "./one-line.ts";

/** The claims that trust policies look at. Decoded to be shown, never verified and never believed. */
const shownClaims = ["iss", "sub", "aud", "environment", "job_workflow_ref", "ref"] as const;

export type TokenClaims = Readonly<Partial<Record<(typeof shownClaims)[number], string>>>;

const payload = z.record(z.string(), z.unknown());

/** Decodes the payload of a JWT; what is no JWT has no claims. */
export function decodeClaims(jwt: string): TokenClaims {
  const parsed = payload.safeParse(
    jsonOf(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8")),
  );
  if (!parsed.success) return {};
  const claims: Partial<Record<(typeof shownClaims)[number], string>> = {};
  for (const name of shownClaims) {
    const value = parsed.data[name];
    if (typeof value === "string") claims[name] = oneLine(value);
    else if (Array.isArray(value)) claims[name] = oneLine(value.join(", "));
  }
  return claims;
}

/** One line a claim, absent ones too: a trust policy that asks for an environment fails on a job without one. */
export function describeClaims(claims: TokenClaims): string {
  return shownClaims.map((name) => `  ${name}: ${claims[name] ?? "(not in the token)"}`).join("\n");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
