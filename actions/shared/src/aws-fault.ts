import { oneLine } from "./one-line.ts";

/** What an SDK error says, on one line: its code, its message and the HTTP status, where there is one. */
export interface AwsFault {
  readonly code: string;
  readonly message: string;
  readonly status: number | undefined;
  /** How often the SDK sent the request. */
  readonly attempts: number;
}

export function awsFault(error: unknown): AwsFault {
  const { name, message, code, $metadata } = (typeof error === "object" && error !== null ? error : {}) as {
    readonly name?: unknown;
    readonly message?: unknown;
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
  };
  const named =
    typeof name === "string" && name !== "Error" ? name : typeof code === "string" ? code : "Error";
  return {
    code: oneLine(named, 100),
    message: oneLine(typeof message === "string" ? message : String(error)),
    status: $metadata?.httpStatusCode,
    attempts: $metadata?.attempts ?? 1,
  };
}

export function describeFault({ code, message, status }: AwsFault): string {
  const place = status === undefined ? "" : `, HTTP ${status}`;
  return message === "" || message === code ? `${code}${place}` : `${code}: ${message}${place}`;
}
