/** Time as a port, so that waits and limits can be tested in no time. */
export interface Clock {
  readonly now: () => Date;
  readonly sleep: (milliseconds: number) => Promise<void>;
}
