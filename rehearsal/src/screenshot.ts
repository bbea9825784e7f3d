// Takes pictures of the report, and of the first comment for the README:
//   node rehearsal/src/screenshot.ts [--report FILE] [--out FOLDER] [--comment FILE.png]
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type Browser, chromium } from "playwright-core";

const folder = join(import.meta.dirname, "..", "out");
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const views = [
  { name: "light", colorScheme: "light", width: 1280, height: 900 },
  { name: "dark", colorScheme: "dark", width: 1280, height: 900 },
  { name: "phone", colorScheme: "light", width: 390, height: 844 },
] as const;

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { report: text, out: text, comment: text } });
  const report = resolve(values.report ?? join(folder, "report.html"));
  const out = resolve(values.out ?? folder);
  const executablePath = process.env["CHROMIUM"] ?? places.find((place) => existsSync(place));
  if (executablePath === undefined)
    throw new Error(
      "Chromium was not found; install it (Debian: apt-get install chromium) or name it in CHROMIUM",
    );
  await mkdir(out, { recursive: true });
  await using browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  for (const view of views)
    await picture(browser, report, { ...view, file: join(out, `report-${view.name}.png`) });
  if (values.comment !== undefined) await commentPicture(browser, report, resolve(values.comment));
}

interface View {
  readonly colorScheme: "light" | "dark";
  readonly width: number;
  readonly height: number;
  readonly file: string;
}

async function picture(
  browser: Browser,
  report: string,
  { colorScheme, width, height, file }: View,
): Promise<void> {
  const page = await browser.newPage({ colorScheme, viewport: { width, height } });
  await page.goto(pathToFileURL(report).href);
  const overflow = await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  if (overflow !== 0) console.log(`${file}: the page is ${String(overflow)} px wider than the window`);
  await page.screenshot({ path: file, fullPage: true });
  await page.close();
}

/** The bot's comment on the first pull request, with one of its plans unfolded. */
async function commentPicture(browser: Browser, report: string, file: string): Promise<void> {
  const page = await browser.newPage({
    colorScheme: "light",
    viewport: { width: 980, height: 900 },
    deviceScaleFactor: 2,
  });
  await page.goto(pathToFileURL(report).href);
  const comment = page
    .locator(".pull")
    .first()
    .locator(".post", { has: page.locator(".avatar.bot") })
    .first();
  await comment.locator("summary").nth(2).click();
  const box = await comment.boundingBox();
  if (box === null) throw new Error("the report shows no comment of the bot's");
  // A plan unfolded can be many screens long; its beginning shows what it is like.
  await page.screenshot({ path: file, fullPage: true, clip: { ...box, height: Math.min(box.height, 760) } });
  await page.close();
}

await main();
