import type { Context } from "aws-lambda";

const marginMs = 10_000;

/** Aborts a little before Lambda would end the invocation, so that there is time to clean up. Never without a context. */
export function deadline(
  context: Pick<Context, "getRemainingTimeInMillis"> | undefined,
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  if (context === undefined) return { signal: controller.signal, [Symbol.dispose]: () => undefined };
  const timer = setTimeout(
    () =>
      controller.abort(new Error("the time limit of the function is near; it is safe to invoke it again")),
    Math.max(0, context.getRemainingTimeInMillis() - marginMs),
  );
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
