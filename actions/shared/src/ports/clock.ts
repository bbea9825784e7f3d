/** Time as a port, so that waits and limits can be tested in no time. */
export interface Clock {
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
}
