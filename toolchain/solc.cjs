// The npm build of solc behind the native compiler's command line, for py-solc-x, Brownie, Forge and Slither.
//
//   solc.cjs --version                    prints the native banner
//   solc.cjs --standard-json [FILE]       reads standard JSON from FILE or standard input, prints JSON and nothing else
//
// --base-path and --include-path say where imports are looked for, after the working directory's project;
// --allow-paths and other options of the native compiler are accepted and need nothing.
"use strict";

const fs = require("fs");
const path = require("path");

const PROJECT = path.dirname(__dirname);
const FLAGS_WITH_VALUE = new Set(["--allow-paths", "--base-path", "--include-path"]);
const FIRST_NEGATIVE_AST_ID = 4294960000; // the JavaScript build prints negative ids as unsigned 32-bit numbers

function parseArguments(argv) {
    const options = { version: false, roots: [], file: null };
    for (let index = 0; index < argv.length; index++) {
        const [flag, inlineValue] = argv[index].split(/=(.*)/s);
        if (flag === "--version") options.version = true;
        else if (FLAGS_WITH_VALUE.has(flag)) {
            const value = inlineValue ?? argv[++index];
            if (flag !== "--allow-paths") options.roots.push(value);
        } else if (!flag.startsWith("-")) options.file = flag;
    }
    options.roots.push(process.cwd(), path.join(process.cwd(), "node_modules"));
    options.roots.push(PROJECT, path.join(PROJECT, "node_modules"));
    return options;
}

function findImport(roots) {
    return (name) => {
        for (const root of roots) {
            const file = path.resolve(root, name);
            if (fs.existsSync(file)) return { contents: fs.readFileSync(file, "utf8") };
        }
        return { error: `File not found: ${name}. Searched: ${roots.join(", ")}` };
    };
}

// Ids of built-in declarations are negative; they stand as plain numbers and inside lists, in the AST alone.
function signAstIds(node) {
    for (const [key, value] of Object.entries(node)) {
        if (typeof value === "number") {
            if (value >= FIRST_NEGATIVE_AST_ID) node[key] = value - 2 ** 32;
        } else if (value !== null && typeof value === "object") signAstIds(value);
    }
}

function compile(solc, input, roots) {
    const output = solc.compile(input, { import: findImport(roots) });
    if (!output.includes('"ast"')) return output;
    const parsed = JSON.parse(output);
    for (const source of Object.values(parsed.sources ?? {})) if (source.ast) signAstIds(source.ast);
    return JSON.stringify(parsed);
}

const options = parseArguments(process.argv.slice(2));
const solc = require(path.join(PROJECT, "node_modules", "solc"));
if (options.version) {
    process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else {
    const input = fs.readFileSync(options.file ?? 0, "utf8");
    process.stdout.write(compile(solc, input, options.roots) + "\n");
}
