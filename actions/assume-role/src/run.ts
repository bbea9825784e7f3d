import { z } from "zod";
import type { AssumeRole } from "../../shared/src/ports/credentials.ts";
import { credentialVariables } from "../../shared/src/ports/credentials.ts";
import { sessionName } from "../../shared/src/session-name.ts";
import type { Inputs } from "./inputs.ts";

export interface Deps {
  readonly assumeRole: AssumeRole;
  /** What names the session when the input does not: repository, run, job. */
  readonly origin: readonly string[];
  /** Sets a variable for the later steps. */
  readonly exportVariable: (name: string, value: string) => void;
  /** Keeps for the post step what was exported. */
  readonly remember: (exported: Exported) => void;
  readonly log: (line: string) => void;
}

const exportedSchema = z.object({ accessKeyId: z.string(), names: z.array(z.string()) });

/** What the main step tells the post step. */
export type Exported = z.infer<typeof exportedSchema>;

export const outputNames = [
  "account",
  "expires-at",
  "access-key-id",
  "secret-access-key",
  "session-token",
] as const;

type Outputs = Partial<Record<(typeof outputNames)[number], string>>;

export async function run(inputs: Inputs, deps: Deps): Promise<Outputs> {
  const roleArn = inputs["role-to-assume"];
  const named = inputs["session-name"];
  const request = {
    roleArn,
    region: inputs.region,
    sessionName: named === undefined ? sessionName(...deps.origin) : sessionName(named),
    durationSeconds: inputs["duration-seconds"],
    sessionPolicy: inputs["session-policy"],
  };
  const credentials = await deps.assumeRole(request);
  const expiresAt = credentials.expiresAt.toISOString();
  deps.log(`Assumed ${roleArn} as ${request.sessionName}, until ${expiresAt}.`);
  const outputs = { account: roleArn.split(":")[4] ?? "", "expires-at": expiresAt };
  if (!inputs.export)
    return {
      ...outputs,
      "access-key-id": credentials.accessKeyId,
      "secret-access-key": credentials.secretAccessKey,
      "session-token": credentials.sessionToken,
    };
  const variables = Object.entries(credentialVariables(credentials, inputs.region));
  deps.remember({ accessKeyId: credentials.accessKeyId, names: variables.map(([name]) => name) });
  for (const [name, value] of variables) deps.exportVariable(name, value);
  return outputs;
}

/**
 * The post step: empties what was exported, so that post steps after this one have no credentials. Where a
 * later step exported others, those are left alone. `state` is what {@link Deps.remember} kept, or empty.
 */
export function clear(
  state: string,
  current: Readonly<Record<string, string | undefined>>,
  { exportVariable, log }: Pick<Deps, "exportVariable" | "log">,
): Record<string, string> {
  if (state === "") return {};
  const exported = exportedSchema.parse(JSON.parse(state));
  if (current["AWS_ACCESS_KEY_ID"] !== exported.accessKeyId) return {};
  for (const name of exported.names) exportVariable(name, "");
  log(
    "Took the AWS credentials out of the environment. Copies that a step kept stay valid until they expire.",
  );
  return {};
}
