import { defineFixer, type Action, type Failure } from "../../sdk/index.ts";
import { packageJson, plain } from "./_shared.ts";

const DENIED =
  /^(?:\/bin\/)?(?:(?:ba|da)?sh|env): (?:line )?(?:\d+: )?['"‘]?((?:\.{0,2}\/)?[\w@+.-]+(?:\/[\w@+.-]+)*)['"’]?: Permission denied$/m;
const INTERPRETERS: Readonly<Record<string, string>> = {
  bash: "bash",
  cjs: "node",
  js: "node",
  mjs: "node",
  php: "php",
  pl: "perl",
  py: "python3",
  rb: "ruby",
  sh: "bash",
};
/** Wrapper scripts that come without an ending; each is a shell script by its tool's own template. */
const WRAPPERS: Readonly<Record<string, string>> = { gradlew: "sh", mvnw: "sh" };

/** A script of the repo is not executable: runs it through its interpreter. Its tracked mode stays as it is. */
export default defineFixer({
  repair(failure) {
    const path = DENIED.exec(plain(failure))?.[1];
    // Only a path of the repo: `./x`, `scripts/x`; an absolute one, or a bare name, is somebody else's program.
    if (path === undefined || path.startsWith("/") || !path.includes("/") || path.includes("node_modules/"))
      return undefined;
    const name = path.split("/").at(-1) ?? path;
    const interpreter = WRAPPERS[name] ?? INTERPRETERS[/\.(\w+)$/.exec(name)?.[1] ?? ""];
    const command = interpreter === undefined ? undefined : commandWith(failure, path, interpreter);
    return {
      title: command === undefined ? `${path} is not executable` : `ran ${path} with ${interpreter}`,
      because: `${path}: Permission denied`,
      actions: [command === undefined ? ask(path) : use(failure, command)],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "a start script without its x bit",
      failure: { service: "api" },
      real: {
        files: { "start.sh": "#!/bin/sh\necho up\n" },
        command: "./start.sh --port 1",
        needs: ["bash"],
        cured: { command: "bash ./start.sh --port 1" },
      },
      repairs: [{ do: "use-command", service: "api", role: "start", command: "bash ./start.sh --port 1" }],
    },
    {
      name: "the script is named by package.json",
      failure: { phase: "build" },
      real: {
        files: {
          "package.json": JSON.stringify({ scripts: { build: "scripts/build.py --all" } }),
          "scripts/build.py": "print('built')\n",
        },
        command: "npm run build",
        needs: ["npm", "python3"],
        cured: { command: "python3 scripts/build.py --all" },
      },
      repairs: [{ do: "use-command", role: "build", command: "python3 scripts/build.py --all" }],
    },
    {
      name: "Gradle's wrapper",
      failure: { phase: "build", command: "./gradlew build", output: "sh: 1: ./gradlew: Permission denied" },
      repairs: [{ do: "use-command", command: "sh ./gradlew build" }],
    },
    {
      name: "a script whose interpreter nobody knows is a question",
      failure: { command: "bin/serve", output: "sh: 1: bin/serve: Permission denied" },
      repairs: [{ do: "ask" }],
    },
    {
      name: "counter: a file that may not be read",
      failure: { output: "cat: ./secrets.txt: Permission denied" },
      repairs: undefined,
    },
    {
      name: "counter: a program of the system",
      failure: { output: "sh: 1: /usr/sbin/nginx: Permission denied" },
      repairs: undefined,
    },
  ],
});

/** The failing command, or the script of package.json behind it, with the interpreter in front of the path. */
function commandWith(failure: Failure, path: string, interpreter: string): string | undefined {
  const scripts = Object.values(packageJson(failure, failure.dir)?.scripts ?? {});
  const texts = [failure.command, ...scripts].filter((text) => words(text).includes(path));
  const [text] = texts;
  if (text === undefined || new Set(texts).size > 1) return undefined;
  return text.replace(path, `${interpreter} ${path}`);
}

function words(command: string): string[] {
  return command.split(/[\s;&|()]+/);
}

function use({ phase, service, dir }: Failure, command: string): Action {
  const role = phase === "check" ? "test" : phase === "install" || phase === "build" ? phase : "start";
  return { do: "use-command", ...(service === undefined ? {} : { service }), dir, role, command };
}

function ask(path: string): Action {
  return {
    do: "ask",
    question: `${path} is not executable. Should it be?`,
    next: `chmod +x ${path} && git add --chmod=+x ${path} && lodestar up`,
  };
}
