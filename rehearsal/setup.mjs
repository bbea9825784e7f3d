// Sets up everything that a fresh clone lacks, then runs a TypeScript program on the Node version that
// GitHub Actions uses. Runs on the machine's own Node without any package, so it is plain JavaScript.
//   node rehearsal/setup.mjs PROGRAM.ts [ARGUMENTS…]
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, ".cache");
const started = Date.now();

const tools = [
  {
    name: "node",
    args: ["--version"],
    min: [20, 0],
    get: "https://nodejs.org, any version from 20; Node 24 itself comes with the packages",
  },
  { name: "npm", args: ["--version"], min: [10, 0], get: "comes with Node.js" },
  { name: "git", args: ["--version"], min: [2, 30], get: "https://git-scm.com or your system's packages" },
  {
    name: "terraform",
    args: ["version", "-json"],
    min: [1, 11],
    get: "https://developer.hashicorp.com/terraform/install",
  },
  {
    name: "python3",
    args: ["--version"],
    min: [3, 11],
    below: [3, 12],
    get: "Python 3.11, the version of Glue 5.1, from https://www.python.org",
  },
  {
    name: "java",
    args: ["-version"],
    min: [17, 0],
    below: [18, 0],
    get: "a Java 17 runtime, for Spark: https://adoptium.net",
  },
  { name: "go", args: ["version"], min: [1, 24], get: "https://go.dev/dl, to build act and actionlint" },
];

function say(text) {
  const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`${seconds} s  ${text}\n`);
}

function fail(text) {
  process.stderr.write(`\n${text}\n`);
  process.exit(1);
}

function versionOf(tool) {
  const { error, stdout, stderr } = spawnSync(tool.name, tool.args, { encoding: "utf8" });
  if (error) return undefined;
  const match = /(\d+)\.(\d+)(?:\.\d+)?/.exec(`${stdout}${stderr}`);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

const atLeast = (version, wanted) =>
  version[0] > wanted[0] || (version[0] === wanted[0] && version[1] >= wanted[1]);

/** Every missing tool in one message. */
function checkTools() {
  const faults = [];
  for (const tool of tools) {
    const version = versionOf(tool);
    const wanted = `${tool.min.join(".")} or newer${tool.below ? `, below ${tool.below.join(".")}` : ""}`;
    if (version === undefined) faults.push(`  ${tool.name}: not found; needs ${wanted}. ${tool.get}`);
    else if (!atLeast(version, tool.min) || (tool.below && atLeast(version, tool.below)))
      faults.push(`  ${tool.name}: ${version.join(".")} found; needs ${wanted}. ${tool.get}`);
  }
  if (faults.length > 0) fail(`These tools are missing or of the wrong version:\n${faults.join("\n")}`);
}

/** Runs a command whose output matters only when it fails. */
function run(command, args, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error || status !== 0)
    fail(`${command} ${args.join(" ")} failed:\n${stdout ?? ""}${stderr ?? ""}${error ?? ""}`);
}

/** Does the work only when what it depends on differs from the last time it succeeded. */
function once(stamp, inputs, what, work) {
  const digest = createHash("sha256");
  for (const input of inputs)
    digest.update(existsSync(join(root, input)) ? readFileSync(join(root, input)) : input);
  const wanted = digest.digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say(what);
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

function installPackages() {
  once(
    join(root, "node_modules", ".set-up"),
    ["package-lock.json"],
    "installing Node packages (npm ci)",
    () => {
      run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
      // The one install script that is wanted: it puts the Node 24 binary in place.
      run("npm", ["rebuild", "node", "--loglevel=error"]);
    },
  );
}

function installPython() {
  const requirements = ["glue/requirements.txt", "rehearsal/requirements.txt"];
  once(join(root, ".venv", ".set-up"), requirements, "installing Python packages (pip)", () => {
    run("python3", ["-m", "venv", "--clear", ".venv"]);
    run(join(root, ".venv", "bin", "pip"), [
      "install",
      "--quiet",
      ...requirements.flatMap((file) => ["--requirement", file]),
    ]);
  });
}

function installGoTool(module, version) {
  const name = module.split("/").at(-1);
  once(
    join(cache, "bin", `.${name}`),
    [`${module}@${version}`],
    `building ${name} ${version} (go install)`,
    () => {
      run("go", ["install", `${module}@${version}`], { GOBIN: join(cache, "bin"), GOFLAGS: "-mod=mod" });
    },
  );
}

/** A folder with unpacked providers that Terraform can install from without a network, if this machine has one. */
function providerMirror() {
  const opt = existsSync("/opt") ? readdirSync("/opt").map((name) => join("/opt", name)) : [];
  const places = [
    process.env.TF_PROVIDER_MIRROR,
    join(homedir(), ".terraform.d", "plugins"),
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    ...opt,
  ];
  return places.find((place) => place && existsSync(join(place, "registry.terraform.io")));
}

function configureTerraform() {
  const mirror = providerMirror();
  const plugins = join(cache, "plugins");
  mkdirSync(plugins, { recursive: true });
  const installation = mirror
    ? `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`
    : `plugin_cache_dir = ${JSON.stringify(plugins)}\n`;
  const file = join(cache, "terraform.rc");
  writeFileSync(file, `disable_checkpoint = true\n${installation}`);
  return file;
}

function runProgram(program, args, terraformConfig) {
  const node = join(root, "node_modules", ".bin", "node");
  const path = [dirname(node), join(cache, "bin"), join(root, ".venv", "bin"), process.env.PATH].join(
    delimiter,
  );
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", join(root, program), ...args], {
    stdio: "inherit",
    env: { ...process.env, PATH: path, TF_CLI_CONFIG_FILE: terraformConfig },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // A terminal sends its interrupt to the child too; a second one would hurry it.
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on("exit", (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
}

const [program, ...args] = process.argv.slice(2);
if (program === undefined) fail("usage: node rehearsal/setup.mjs PROGRAM.ts [ARGUMENTS…]");
const usage = join(root, program.replace(/\.ts$/, ".usage.txt"));
if (existsSync(usage) && args.some((arg) => arg === "--help" || arg === "-h")) {
  process.stdout.write(readFileSync(usage, "utf8"));
  process.exit(0);
}
checkTools();
installPackages();
installPython();
installGoTool("github.com/nektos/act", "v0.2.89");
installGoTool("github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12");
runProgram(program, args, configureTerraform());
