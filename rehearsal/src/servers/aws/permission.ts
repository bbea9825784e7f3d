/** One permission that a call needs, in IAM's own terms. */
export interface Permission {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | string[]>>;
}

/** A call to AWS, as much of it as authorization needs. */
export interface AwsCall {
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly method: string;
  readonly url: URL;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Empty for S3 objects, whose bodies are streamed. */
  readonly body: string;
}

export function permission(
  action: string,
  resource: string,
  context: Permission["context"] = {},
): Permission {
  return { action, resource, context };
}

/** The call hands this role to a service, which needs a permission of its own. */
export function passRole(role: unknown, service: string): Permission[] {
  if (typeof role !== "string" || role === "") return [];
  return [permission("iam:PassRole", role, { "iam:PassedToService": `${service}.amazonaws.com` })];
}
