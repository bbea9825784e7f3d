export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly author: { readonly login: string; readonly bot: boolean };
}

export interface PullRequestOfCommit {
  readonly number: number;
  readonly merged: boolean;
  readonly mergeCommit: string | undefined;
}

/** Comments on the pull requests of one repository. Whatever fails throws an error with an HTTP status. */
export interface PullRequestComments {
  /** Pull requests that a commit came from. */
  pullRequestsOf(commit: string): Promise<readonly PullRequestOfCommit[]>;
  /** Numbers of the open pull requests, at most so many (up to 100), those touched last first. */
  openPullRequests(most: number): Promise<readonly number[]>;
  /** Every comment, all pages, oldest first. */
  list(pullRequest: number): Promise<readonly Comment[]>;
  /** Login that this token writes as. */
  viewer(): Promise<string>;
  /** Address of the comment for a browser. */
  create(pullRequest: number, body: string): Promise<string>;
  update(comment: number, body: string): Promise<string>;
  remove(comment: number): Promise<void>;
}
