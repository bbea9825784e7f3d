import { execFileSync } from "node:child_process";

const found = execFileSync("terraform", ["version"], { encoding: "utf8" }).split("\n")[0] ?? "";
const wanted = process.env["INPUT_TERRAFORM_VERSION"] ?? "";
if (process.env["INPUT_TERRAFORM_WRAPPER"] !== "false") {
  // The real action would put a script in front of Terraform, which swallows signals and exit codes.
  console.log("::error::terraform_wrapper must be false");
  process.exitCode = 1;
}
console.log(
  wanted === "" || found.endsWith(`v${wanted}`) ? found : `${found}; the workflow asks for ${wanted}`,
);
