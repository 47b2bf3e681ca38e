import { defineDetector } from "../../sdk/index.ts";
import { isPartOf, nameOf, sure } from "./_shared-manifests.ts";
import { MANIFESTS } from "./_shared-sources.ts";

const SCRIPTS = ["start.sh", "run.sh"];

/** A start script: in a folder without a manifest it is the program, beside one it is only a hint. */
export default defineDetector({
  looksAt: SCRIPTS,
  async detect(dir) {
    const script = SCRIPTS.find((name) => dir.has(name)) ?? "";
    const text = (await dir.text(script)) ?? "";
    const shell = text.match(/^#!\s*(?:\/usr\/bin\/env\s+)?(?:\S*\/)?(bash|zsh|dash|ksh|sh)\b/)?.[1] ?? "sh";
    const manifest = MANIFESTS.find((name) => dir.has(name)) ?? (isPartOf(dir, MANIFESTS) ? "above" : undefined);
    const docker = /^\s*docker(-compose| compose| run)/m.test(text);
    const port = text.match(/\bPORT:?[-=](\d{2,5})|--port[= ](\d{2,5})/);
    const number = Number(port?.[1] ?? port?.[2] ?? 0);
    const at = { dir: dir.dir, because: [await dir.at(script)] };
    const confidence = docker ? 0.3 : manifest ? 0.45 : script === "start.sh" ? 0.85 : 0.6;
    return [
      ...(manifest ? [] : [{ is: "language", ...at, confidence: 0.8, language: "shell" } as const]),
      {
        is: "service",
        ...at,
        confidence: sure(dir, confidence),
        name: nameOf(dir, "start"),
        kind: number > 0 ? "web" : "job",
        command: `${shell} ${script}`,
        ...(number > 0 && { port: number }),
      },
    ];
  },
  examples: [
    {
      name: "the shell of its first line",
      files: { "start.sh": "#!/bin/bash\necho hi\n" },
      finds: [
        { is: "service", command: "bash start.sh", kind: "job" },
        { is: "language", language: "shell" },
      ],
    },
    {
      name: "beside a manifest it is a hint",
      files: { "start.sh": "node a.js\n", "package.json": "{}" },
      finds: [{ is: "service", command: "sh start.sh", confidence: 0.45 }],
    },
    { name: "other scripts", files: { "deploy.sh": "#!/bin/sh\n" }, finds: [] },
  ],
});
