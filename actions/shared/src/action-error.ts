/**
 * An error that a person reads: the message says what is wrong and names the input, file or resource;
 * the hint says what to do. Everything else that is thrown is a fault of ours and is printed with its stack.
 */
export class ActionError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ActionError";
    this.hint = options.hint;
  }
}

/** The chain of causes below an error, outermost first, as one line each. */
export function causesOf(error: unknown): string[] {
  const lines: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && lines.length < 5) {
    if (!(cause instanceof Error))
      return [...lines, typeof cause === "string" ? cause : JSON.stringify(cause)];
    lines.push(`${cause.name}: ${cause.message}`);
    cause = cause.cause;
  }
  return lines;
}
