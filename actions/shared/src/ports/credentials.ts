/** Short-lived AWS credentials. Every secret part is masked before this object exists. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: Date;
}

export interface RoleRequest {
  readonly roleArn: string;
  readonly region: string;
  readonly sessionName: string;
  /** 900 to 43,200. */
  readonly durationSeconds: number;
  /** IAM policy document that narrows the session; undefined: the role as it is. */
  readonly sessionPolicy?: string | undefined;
}

/** Assumes a role by the job's OIDC token. Throws ActionError with the cause in plain words. */
export type AssumeRole = (request: RoleRequest) => Promise<Credentials>;

/** The variables that Terraform and the SDKs take credentials from. */
export function credentialVariables(credentials: Credentials, region: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  };
}
