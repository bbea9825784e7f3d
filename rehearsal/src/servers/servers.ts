import type { Processes } from "../processes.ts";
import { type AwsFront, startAwsFront } from "./aws-front.ts";
import { type GitHubEmulator, startGitHubEmulator } from "./github-emulator.ts";
import { startMoto } from "./moto.ts";
import { type OidcIssuer, startOidcIssuer } from "./oidc-issuer.ts";

export interface Servers {
  readonly aws: AwsFront;
  readonly motoUrl: string;
  readonly github: GitHubEmulator;
  readonly oidc: OidcIssuer;
  close(): Promise<void>;
}

export interface ServersOptions {
  readonly repository: string;
  readonly author: string;
  readonly account: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** Starts everything that stands in for AWS and GitHub, on the loopback and free ports. */
export async function startServers(processes: Processes, options: ServersOptions): Promise<Servers> {
  const stack = new AsyncDisposableStack();
  try {
    const [platform, github] = await Promise.all([
      startAws(processes, options).then((server) => stack.adopt(server, (given) => given.close())),
      startGitHubEmulator(options.repository, options.author).then((server) =>
        stack.adopt(server, (given) => given.close()),
      ),
    ]);
    const servers = stack.move();
    return { ...platform, github, close: () => servers.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

export type AwsServers = Pick<Servers, "aws" | "motoUrl" | "oidc" | "close">;

/** AWS alone, with the issuer whose tokens it knows. */
export async function startAws(
  processes: Processes,
  options: Omit<ServersOptions, "repository" | "author">,
): Promise<AwsServers> {
  const stack = new AsyncDisposableStack();
  try {
    const [moto, oidc] = await Promise.all([
      startMoto(processes, { program: "moto_server", ...options }),
      startOidcIssuer().then((server) => stack.adopt(server, (given) => given.close())),
    ]);
    const front = await startAwsFront({ motoUrl: moto.url, account: options.account, issuerUrl: oidc.url });
    const aws = stack.adopt(front, (given) => given.close());
    const servers = stack.move();
    return { aws, motoUrl: moto.url, oidc, close: () => servers.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
