/** Which run this is and which commit it works on. */
export interface RunContext {
  readonly run: {
    readonly id: string;
    readonly attempt: number;
    readonly url: string;
    readonly workflow: string;
  };
  /** Commit whose tree is planned or applied. */
  readonly commit: string;
  /** Head of the pull request, or the commit itself. */
  readonly head: string;
  readonly base: string | undefined;
  readonly pullRequest: number | undefined;
}
