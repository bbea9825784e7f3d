export interface RetryOptions {
  readonly attempts: number;
  /** Before the second attempt; doubled before each one after it. */
  readonly delayMs: number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly retryable: (error: unknown) => boolean;
}

/** Resolves with what the first successful attempt gives; rejects with the error of the last one. */
export async function retry<T>(operation: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      if (attempt >= options.attempts || !options.retryable(error)) throw error;
      await options.sleep(options.delayMs * 2 ** (attempt - 1));
    }
  }
}
