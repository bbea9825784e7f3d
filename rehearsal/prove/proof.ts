/** A claim about the toolkit that is tried many times, with what it found as figures. */
export interface Proof {
  /** As typed after `npm run prove`. */
  readonly name: string;
  /** One line: what is tried. */
  readonly summary: string;
  /** One line: what must come out. */
  readonly aim: string;
  /** Trials of a full run. `npm test` runs `few`. */
  readonly count: number;
  readonly few: number;
  /** Tries `count` times, all random choices from `seed`; the same seed gives the same trials. */
  run(options: ProofOptions): Promise<Findings>;
}

export interface ProofOptions {
  readonly count: number;
  readonly seed: number;
  /** Called as trials end; printing is the caller's. */
  readonly progress: (done: number) => void;
  /** Files of events to work on, for the proof that takes some; without them it finds or makes its own. */
  readonly events?: readonly string[];
  /** Aborted on interrupt: stop after the trial at hand, leave nothing behind. */
  readonly signal: AbortSignal;
}

export interface Findings {
  /** Trials that ran to their end. */
  readonly trials: number;
  readonly figures: Readonly<Record<string, number | string>>;
  /** Each aim that was missed, with the trial that shows it. Empty: the claim held. */
  readonly missed: readonly string[];
}
