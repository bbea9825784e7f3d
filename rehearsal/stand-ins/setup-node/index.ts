import { readFileSync } from "node:fs";

const file = process.env["INPUT_NODE-VERSION-FILE"] ?? "";
const wanted = file === "" ? (process.env["INPUT_NODE-VERSION"] ?? "") : readFileSync(file, "utf8");
const major = /\d+/.exec(wanted)?.[0];
if (major !== undefined && major !== process.versions.node.split(".")[0]) {
  console.log(`::error::Node ${wanted.trim()} is asked for, the rehearsal has ${process.versions.node}`);
  process.exitCode = 1;
} else {
  console.log(`Node ${process.versions.node}`);
}
