import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { capture, isForeign, isPartOf, nameOf, sure } from "./_shared-manifests.ts";
import { sourcesOf } from "./_shared-sources.ts";

const SERVER =
  /ListenAndServe|net\.Listen\(|gin\.(Default|New)\(|echo\.New\(|fiber\.New\(|chi\.NewRouter\(|grpc\.NewServer\(/;
const COMMAND_LINE = /spf13\/cobra|urfave\/cli|alecthomas\/kong|flag\.Parse\(/;
const STAYS = /for \{|select \{\}|signal\.Notify\(/;
/** How many main packages are read at most; a repo with more of them is a box of tools. */
const LIMIT = 12;

/** Main packages of a Go module: the root, `cmd/*`, else wherever `func main` is. */
export default defineDetector({
  looksAt: ["go.mod", "main.go"],
  async detect(dir) {
    if (!dir.has("go.mod") && isPartOf(dir, ["go.mod"])) return [];
    const mains = await mainPackages(dir);
    if (mains.length === 0) return [];
    const released = dir.names.some((name) => /^\.?goreleaser\.ya?ml$/.test(name));
    const usable = mains.filter(({ confidence }) => confidence >= 0.5);
    const elsewhere = mains.length === 1 ? await serverElsewhere(dir) : undefined;
    const found: DetectionDraft[] = mains.map((main) =>
      serviceOf(dir, main, { many: usable.length > 3, released, elsewhere }),
    );
    const build = "go build -o /dev/null ./...";
    const because = [mains[0]?.because ?? (await dir.at("go.mod"))];
    if (dir.has("go.mod"))
      found.push({ is: "command", dir: dir.dir, because, confidence: sure(dir, 0.8), role: "build", command: build });
    return found;
  },
  examples: [
    {
      name: "servers below cmd",
      files: {
        "go.mod": "module x\n",
        "cmd/api/main.go": 'package main\nfunc main() { http.ListenAndServe(":9000", nil) }\n',
        "cmd/worker/main.go": "package main\nfunc main() { for {\n} }\n",
      },
      finds: [
        {
          is: "service",
          name: "api",
          command: "go run ./cmd/api",
          port: 9000,
          kind: "api",
          because: ["cmd/api/main.go:2"],
        },
        { is: "service", name: "worker", command: "go run ./cmd/worker", kind: "worker" },
      ],
    },
    {
      name: "gin listens on 8080 or PORT",
      files: { "go.mod": "module x\n", "main.go": "package main\nfunc main() { r := gin.Default(); r.Run() }\n" },
      finds: [{ is: "service", command: "go run .", port: 8080, portEnv: "PORT" }],
    },
    {
      name: "the server lies in another package",
      files: {
        "go.mod": "module x\n",
        "main.go": "package main\nfunc main() { server.Run() }\n",
        "server/server.go": 'package server\nfunc Run() { http.ListenAndServe(":8090", nil) }\n',
      },
      finds: [{ is: "service", kind: "api", port: 8090, command: "go run ." }],
    },
    {
      name: "a command-line tool is only a guess",
      files: { "go.mod": "module x\n", "main.go": 'package main\nimport "github.com/spf13/cobra"\nfunc main() {}\n' },
      finds: [{ is: "service", kind: "job", confidence: 0.45 }],
    },
    { name: "a library", files: { "go.mod": "module x\n", "x.go": "package x\n" }, finds: [] },
  ],
});

interface Main {
  readonly folder: string;
  readonly text: string;
  readonly because: string;
  readonly confidence: number;
  readonly alone: boolean;
}

async function mainPackages(dir: DirView): Promise<Main[]> {
  const prefix = dir.dir === "." ? 0 : dir.dir.length + 1;
  const candidates = dir
    .below()
    .filter((path) => path.endsWith(".go") && !path.endsWith("_test.go") && !isForeign(path))
    .map((path) => path.slice(prefix))
    .filter((path) => !path.includes("/") || path.endsWith("main.go") || /^cmd\/[^/]+\/[^/]+\.go$/.test(path))
    .filter((path) => !/(^|\/)(tests?|testdata|examples?|internal|tools?|hack|scripts?)\//.test(path))
    .sort((a, b) => a.split("/").length - b.split("/").length || (a < b ? -1 : 1));
  const found = new Map<string, Main>();
  for (const path of candidates.slice(0, 200)) {
    const slash = path.lastIndexOf("/");
    const folder = slash < 0 ? "." : path.slice(0, slash);
    if (found.has(folder) || found.size >= LIMIT || (folder !== "." && ownModule(dir, folder))) continue;
    const text = (await dir.text(path)) ?? "";
    if (!/^package main\b/m.test(text) || !/^func main\(\)/m.test(text)) continue;
    const nested = found.has(".") && folder !== ".";
    found.set(folder, {
      folder,
      text,
      because: await dir.at(path, "func main()"),
      confidence: nested ? 0.45 : 0.88,
      alone: !dir.has("go.mod"),
    });
  }
  return [...found.values()];
}

function serviceOf(
  dir: DirView,
  main: Main,
  box: { many: boolean; released: boolean; elsewhere: string | undefined },
): DetectionDraft {
  const tool = COMMAND_LINE.test(main.text);
  const serves = SERVER.test(main.text) || (box.elsewhere !== undefined && !tool);
  const port = capture(
    SERVER.test(main.text) ? main.text : box.elsewhere,
    /["'`][\w.]*:(\d{2,5})["'`]|Getenv\("PORT"\)[^]{0,80}?"(\d{2,5})"/,
  );
  const env = /Getenv\("PORT"\)|LookupEnv\("PORT"\)|gin\.(Default|New)\(/.test(main.text) && serves;
  const kind = serves ? "api" : STAYS.test(main.text) ? "worker" : "job";
  const guess = (box.released || tool) && !serves;
  const confidence = guess ? 0.45 : kind === "job" ? Math.min(main.confidence, 0.7) : main.confidence;
  const usual = serves && /gin\.(Default|New)\(/.test(main.text) ? 8080 : undefined;
  const number = port ? Number(port) : usual;
  const file = main.alone ? "main.go" : main.folder === "." ? "." : `./${main.folder}`;
  return {
    is: "service",
    dir: dir.dir,
    because: [main.because],
    confidence: sure(dir, box.many ? Math.min(confidence, 0.6) : confidence),
    name: main.folder === "." ? nameOf(dir, serves ? "api" : "main") : (main.folder.split("/").at(-1) ?? "main"),
    kind,
    command: `go run ${file}`,
    ...(serves && number !== undefined && { port: number }),
    ...(env && { portEnv: "PORT" }),
  };
}

/** The code that serves, when it is not in the main package itself but in one that it starts. */
async function serverElsewhere(dir: DirView): Promise<string | undefined> {
  for (const { path, text } of await sourcesOf(dir, { limit: 400 }))
    if (path.endsWith(".go") && /ListenAndServe|http\.Server\{/.test(text)) return text;
  return undefined;
}

function ownModule(dir: DirView, folder: string): boolean {
  const parts = folder.split("/");
  return parts.some((_, index) => dir.has(`${parts.slice(0, index + 1).join("/")}/go.mod`));
}
