import { join } from "node:path";

/** What of this machine's environment the rehearsed programs may see; above all, no credentials. */
const passed = [
  "PATH",
  "LANG",
  "LC_ALL",
  "TZ",
  "JAVA_HOME",
  "TF_CLI_CONFIG_FILE",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "http_proxy",
  "https_proxy",
  "SSL_CERT_FILE",
  "NODE_EXTRA_CA_CERTS",
  "REQUESTS_CA_BUNDLE",
];

export const loopback = "127.0.0.1,localhost";

/** The environment for everything that the rehearsal starts; `work` gets a home folder in it. */
export function machineEnvironment(work: string, given: NodeJS.ProcessEnv): Record<string, string> {
  const env: Record<string, string> = {
    HOME: join(work, "home"),
    TMPDIR: join(work, "tmp"),
    NO_PROXY: loopback,
    no_proxy: loopback,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_PAGER: "cat",
    PAGER: "cat",
    AWS_EC2_METADATA_DISABLED: "true",
    CHECKPOINT_DISABLE: "1",
  };
  for (const name of passed) {
    const value = given[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}
