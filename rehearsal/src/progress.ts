/** What the terminal shows while the rehearsal runs: one plain line for each thing that begins or ends. */
export class Progress {
  readonly #write: (text: string) => void;
  readonly #colour: boolean;
  readonly #started: number;
  readonly steps: { readonly title: string; readonly startedAt: number; milliseconds: number }[] = [];

  constructor(
    output: { readonly isTTY?: boolean; write(text: string): unknown },
    { colour = output.isTTY === true, started = Date.now() } = {},
  ) {
    this.#write = (text) => void output.write(text);
    this.#colour = colour;
    this.#started = started;
  }

  /** For work beside the step at hand: its lines are kept until `show`, and follow at once after it. */
  aside(): { readonly progress: Progress; readonly show: () => void } {
    let kept: string[] | undefined = [];
    const write = (text: string) => (kept === undefined ? this.#write(text) : kept.push(text));
    const show = () => {
      for (const text of kept ?? []) this.#write(text);
      kept = undefined;
    };
    return { progress: new Progress({ write }, { colour: this.#colour, started: this.#started }), show };
  }

  get elapsed(): number {
    return Date.now() - this.#started;
  }

  /** Runs one of the numbered steps under its heading; its work may have begun before. */
  async step<Result>(
    title: string,
    work: () => Promise<Result>,
    startedAt: number = this.elapsed,
  ): Promise<Result> {
    const step = { title, startedAt, milliseconds: 0 };
    this.steps.push(step);
    this.#write(`\n${this.#paint("1", `${this.steps.length}. ${title}`)}\n`);
    try {
      return await work();
    } finally {
      step.milliseconds = this.elapsed - step.startedAt;
    }
  }

  line(text: string): void {
    this.#write(`${this.#paint("2", clock(this.elapsed))}  ${text}\n`);
  }

  done(text: string, milliseconds?: number): void {
    this.line(
      `${this.#paint("32", "✓")} ${text}${milliseconds === undefined ? "" : this.#paint("2", `  ${seconds(milliseconds)}`)}`,
    );
  }

  failed(text: string, milliseconds?: number): void {
    this.line(
      `${this.#paint("31", "✗")} ${text}${milliseconds === undefined ? "" : this.#paint("2", `  ${seconds(milliseconds)}`)}`,
    );
  }

  /** Text without a time in front. */
  plain(text: string): void {
    this.#write(`${text}\n`);
  }

  #paint(code: string, text: string): string {
    return this.#colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function clock(milliseconds: number): string {
  const whole = Math.floor(milliseconds / 1000);
  return `${String(Math.floor(whole / 60)).padStart(3)}:${String(whole % 60).padStart(2, "0")}`;
}
