// Writes the chat templates of real models, one JSON object {"model", "origin", "template"} a line, from a package of the npm registry:
//
//     node tools/template-download.mjs [MODEL ...] > templates.jsonl
//
// Without names, every model of the package. The package is @huggingface/ollama-utils (MIT), whose table pairs the templates that model
// owners publish with translations. Nothing is written to the repository; the models' own licences apply to the templates.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PACKAGE = "@huggingface/ollama-utils@0.0.18";
const SHA256 = "8665c3d91f09be3e289ece2d0b787b458b0b429b3bf5b0970cc5c229772c2447";
const FILE = "package/src/chat-template-automap.ts";

const wanted = new Set(process.argv.slice(2));
const folder = mkdtempSync(join(tmpdir(), "templates-"));
try {
    const shell = process.platform === "win32";
    const options = { cwd: folder, shell, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
    const archive = execFileSync("npm", ["pack", PACKAGE, "--silent"], options).trim().split("\n").pop();
    execFileSync("tar", ["-xzf", archive, FILE], options);
    const source = readFileSync(join(folder, FILE), "utf8");
    const found = createHash("sha256").update(source).digest("hex");
    if (found !== SHA256) {
        throw new Error(`${PACKAGE} has a ${FILE} with SHA-256 ${found}, expected ${SHA256}.`);
    }

    // The file is one exported list of literals; a table is read, no code of the package runs.
    const list = source.slice(source.indexOf("= [", source.indexOf("export const")) + 2).replace(/;\s*$/, "");
    const seen = new Map();
    for (const entry of new Function(`"use strict"; return ${list};`)()) {
        const model = entry.model.replace(/^library\//, "");
        const count = (seen.get(model) ?? 0) + 1;
        seen.set(model, count);
        const name = count > 1 ? `${model}#${count}` : model;
        if (wanted.size === 0 || wanted.has(name)) {
            console.log(JSON.stringify({ model: name, origin: PACKAGE, template: entry.gguf }));
        }
    }
} finally {
    rmSync(folder, { recursive: true, force: true });
}
