/**
 * Terraform prints the whole state, secrets and all, when it can write it neither to its backend nor to a
 * file. This takes such a print out of the lines on their way to the log.
 */
export class PrintedState {
  private opening: string | undefined;
  private withholding = false;
  private readonly block: string[] = [];

  /** The lines that may be shown now. */
  push(line: string): string[] {
    const text = line.replace(/\r$/, "");
    if (this.withholding) {
      this.block.push(text);
      if (text !== "}") return [];
      this.withholding = false;
      return [withheld];
    }
    if (this.opening !== undefined && /^\s+"version": \d+,?$/.test(text)) {
      this.block.push("{", text);
      this.withholding = true;
      this.opening = undefined;
      return [];
    }
    const before = this.end();
    if (text !== "{") return [...before, line];
    this.opening = line;
    return before;
  }

  /** A line that was held back to see what follows. */
  end(): string[] {
    const held = this.opening === undefined ? [] : [this.opening];
    this.opening = undefined;
    return held;
  }

  /** The state that was printed, as far as it was; undefined: none was. */
  get text(): string | undefined {
    return this.block.length === 0 ? undefined : `${this.block.join("\n")}\n`;
  }
}

const withheld =
  "(Terraform printed the state, because it could write it nowhere. It is kept out of the log.)";

export function stateIn(output: string): string | undefined {
  const filter = new PrintedState();
  for (const line of output.split("\n")) filter.push(line);
  return filter.text;
}
