/** A commit of a branch, or a merge into it. */
export interface MainCommit {
  readonly commit: string;
  readonly tree: string;
  /** The first is what the branch was before. */
  readonly parents: readonly string[];
}
