/** What GitHub knows of pull requests that an apply needs. Whatever fails throws. */
export interface PullRequests {
  /** The merged pull requests that brought a commit to its branch. */
  mergedWith(commit: string): Promise<readonly MergedPullRequest[]>;
  /** Who set a label that is there now, and when; undefined: it is not there. */
  labelled(pullRequest: number, label: string): Promise<Labelled | undefined>;
  /** Whether a person may push to the repository. */
  mayWrite(login: string): Promise<boolean>;
}

export interface MergedPullRequest {
  readonly number: number;
  /** The last commit of the pull request's branch. */
  readonly head: string;
  /** Commit on the branch that it was merged as: the merge, the squash or the last of the rebased ones. */
  readonly mergeCommit: string | undefined;
}

export interface Labelled {
  readonly by: string;
  readonly at: Date;
}
