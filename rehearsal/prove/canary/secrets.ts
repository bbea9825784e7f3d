import type { Random } from "../random.ts";

/** A secret of its own for each place, so that a hit names the place. */
export class Secrets {
  private readonly random: Random;
  private readonly values = new Map<string, string>();

  constructor(random: Random) {
    this.random = random;
  }

  at(place: string): string {
    const known = this.values.get(place);
    if (known !== undefined) return known;
    const value = place.startsWith("pem") ? this.pem() : `canary-${this.letters(24)}`;
    this.values.set(place, value);
    return value;
  }

  /** Every place with the texts that give its secret away. */
  forms(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.values].map(([place, secret]) => [place, formsOf(secret)]));
  }

  private letters(length: number): string {
    const alphabet = "abcdefghijkmnpqrstuvwxyz23456789/+&=";
    // A letter at the end, so that no form of it ends where a sign is cut off.
    return `${Array.from({ length }, () => alphabet[this.random.below(alphabet.length)]).join("")}x`;
  }

  private pem(): string {
    const lines = Array.from({ length: 4 }, () => this.letters(63).replaceAll(/[&=]/g, "A"));
    return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
  }
}

function formsOf(secret: string): string[] {
  const parts = secret.includes("\n")
    ? secret.split("\n").filter((line) => !/^(-----.*)?$/.test(line))
    : [secret];
  return parts.flatMap((part) => {
    const bytes = Buffer.from(part);
    // The middle of the encoding is the same whatever stands around it.
    const inner = [0, 1, 2].map((before) =>
      Buffer.concat([Buffer.alloc(before), bytes])
        .toString("base64")
        .slice(4, -6),
    );
    return [part, encodeURIComponent(part), bytes.toString("hex"), ...inner];
  });
}
