export const maskedValue = "(sensitive value)";

/** Shorter texts have encodings that other texts may hold by chance. */
const shortestEncoded = 8;
const shortestLine = 16;

/** Hides texts that are secret in one place wherever else they show, also as JSON, base64 and URLs write them. */
export function scrub(text: string, secrets: Iterable<string>): string {
  let clean = text;
  for (const secret of secrets)
    for (const form of formsOf(secret)) clean = clean.replaceAll(form, maskedValue);
  return clean;
}

const known = new Map<string, readonly string[]>();

/** The longest first, so that no part of a form stays. */
function formsOf(secret: string): readonly string[] {
  const found = known.get(secret);
  if (found !== undefined) return found;
  const forms = [secret, JSON.stringify(secret).slice(1, -1)];
  if (secret.length >= shortestEncoded) {
    const encoded = base64Forms(secret);
    forms.push(...encoded, ...encoded.map((form) => form.replaceAll("+", "-").replaceAll("/", "_")));
    forms.push(encodeURIComponent(secret), encodeURIComponent(secret).replaceAll("%20", "+"));
  }
  // A key of many lines is as secret in one of them.
  if (secret.includes("\n"))
    forms.push(...secret.split(/\r?\n/).filter((line) => line.length >= shortestLine));
  const distinct = [...new Set(forms)].toSorted((one, two) => two.length - one.length);
  known.set(secret, distinct);
  return distinct;
}

/** Whichever byte of a longer text it begins at, without the characters that share bits with its neighbours. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const whole = bytes.toString("base64");
  const inner = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replaceAll("=", "");
    const start = before === 0 ? 0 : before + 1;
    return text.slice(start, text.length - ((before + bytes.length) % 3 === 0 ? 0 : 1));
  });
  return [whole, ...inner];
}
