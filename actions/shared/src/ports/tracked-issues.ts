export interface TrackedIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly author: { readonly login: string; readonly bot: boolean };
}

/** Open issues of one repository under one label. Whatever fails throws an error with an HTTP status. */
export interface TrackedIssues {
  /** All pages, oldest first. */
  list(): Promise<readonly TrackedIssue[]>;
  /** Login that this token writes as. */
  viewer(): Promise<string>;
  /** Number of the new issue. */
  create(issue: { readonly title: string; readonly body: string }): Promise<number>;
  update(number: number, issue: { readonly title: string; readonly body: string }): Promise<void>;
  close(number: number, body: string): Promise<void>;
}
