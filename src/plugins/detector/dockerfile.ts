import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { readDockerfile } from "./_shared-dockerfile.ts";
import { missingScript, nameOf, sure } from "./_shared-manifests.ts";

/** Base images that stand for a runtime: last part of the name, language, runtime. */
const RUNTIMES: readonly (readonly [image: RegExp, language: string, runtime: string])[] = [
  [/^node$/, "javascript", "node"],
  [/^bun$/, "javascript", "bun"],
  [/^deno$/, "typescript", "deno"],
  [/^python$/, "python", "python"],
  [/^golang$/, "go", "go"],
  [/^rust$/, "rust", "rust"],
  [/^ruby$/, "ruby", "ruby"],
  [/^php$/, "php", "php"],
  [/^(openjdk|eclipse-temurin|amazoncorretto|ibmjava)$/, "java", "java"],
  [/^(elixir)$/, "elixir", "elixir"],
];

/** A Dockerfile describes another machine: its base image, port and command are evidence, and weaker than a manifest. */
export default defineDetector({
  looksAt: ["Dockerfile", "Containerfile"],
  async detect(dir) {
    const file = dir.has("Dockerfile") ? "Dockerfile" : "Containerfile";
    const docker = await readDockerfile(dir, file);
    if (!docker) return [];
    const found: DetectionDraft[] = [];
    for (const { image, line } of docker.images) {
      const [, base = "", tag] = image.match(/(?:^|\/)([^/:@]+)(?::([^@]+))?/) ?? [];
      const known = RUNTIMES.find(([pattern]) => pattern.test(base));
      const version = tag?.match(/^(\d+(?:\.\d+)*)/)?.[1];
      if (!known || !version) continue;
      const [, language, name] = known;
      const because = [await dir.at(file, line.replace(/^FROM /, ""))];
      found.push({
        is: "language",
        dir: dir.dir,
        because,
        confidence: sure(dir, 0.55),
        language,
        runtime: { name, version },
      });
    }
    const port = docker.port;
    if (docker.command) {
      // What a script of the package does is read there; the image knows no better.
      const script = /^(npm|pnpm|yarn|bun) (run |start$)/.test(docker.command) && dir.has("package.json");
      const lies = missingScript(dir, docker.command) !== undefined;
      found.push({
        is: "service",
        dir: dir.dir,
        because: [await dir.at(file, docker.commandLine)],
        confidence: sure(dir, lies ? 0.3 : script ? 0.45 : 0.55),
        name: nameOf(dir, "app"),
        kind: port === undefined ? "worker" : "web",
        command: docker.command,
        ...(port !== undefined && { port }),
      });
    } else if (port !== undefined)
      found.push({
        is: "port",
        dir: dir.dir,
        because: [await dir.at(file, docker.portLine)],
        confidence: sure(dir, 0.6),
        port,
      });
    return found;
  },
  examples: [
    {
      name: "runtime, port and command",
      files: {
        Dockerfile:
          'FROM node:20-alpine AS build\nFROM build\nWORKDIR /app\nENV PORT=4000\nCMD ["node", "/app/index.js"]\n',
        "index.js": "",
      },
      finds: [
        { is: "language", runtime: { name: "node", version: "20" }, because: ["Dockerfile:1"] },
        { is: "service", command: "node ./index.js", port: 4000, because: ["Dockerfile:5"] },
      ],
    },
    {
      name: "a script of the package, which its own detector understands better",
      files: {
        Dockerfile: 'FROM node:24\nCMD ["npm", "run", "start"]\n',
        "package.json": '{ "scripts": { "start": "x" } }',
      },
      finds: [{ is: "service", command: "npm run start", confidence: 0.45 }],
    },
    {
      name: "a program that exists in the image only",
      files: { Dockerfile: 'FROM nginx:1.27\nEXPOSE 80\nCMD ["nginx", "-g", "daemon off;"]\n' },
      finds: [{ is: "port", port: 80 }],
    },
    { name: "an image of tools", files: { Dockerfile: "FROM debian:12\nRUN apt-get update\n" }, finds: [] },
  ],
});
