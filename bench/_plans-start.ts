/**
 * One form for start commands that start the same thing. railpack and nixpacks start what was built into an image, Lodestar starts
 * it in the working tree; what is compared is what is started: the package, script, binary or application.
 */
export function sameStart(
  ours: { command: string; kind: string; dir: string },
  truth: string,
  context: { build: readonly string[] },
): boolean {
  if (isFileServer(truth)) return ours.kind === "static";
  const theirs = normal(truth, context.build);
  const mine = inDir(normal(ours.command, []), ours.dir);
  return mine === theirs || (/^(go|rust|dotnet) \*$/.test(mine) && theirs.startsWith(mine.slice(0, -1)));
}

/** A Go package is named from the root: `go run .` in `api` runs `./api`. */
function inDir(start: string, dir: string): string {
  const name = /^go (\..*)$/.exec(start)?.[1];
  if (name === undefined || dir === ".") return start;
  return `go ./${dir}${name === "." ? "" : name.slice(1)}`;
}

/** A server of the image that serves a folder of built files. */
function isFileServer(start: string): boolean {
  return /\bcaddy run\b|\bnginx -c\b/.test(start) && !/php-fpm/.test(start);
}

function normal(command: string, build: readonly string[]): string {
  const line = last(command)
    .replace(/^(exec|time)\s+/, "")
    .replace(/\s*2>&1$/, "")
    .replace(/^([A-Z_]+=\S*\s+)+/, "")
    .replace(/^(uv run|poetry run|pipenv run|pdm run|bundle exec)\s+(?:python3? (?=-m )|--\s+)?/, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return compiled(line, build) ?? interpreted(line);
}

/** Of a chain, the part that stays: what comes before prepares (`rake db:migrate && …`, `gradle -v && …`). */
function last(command: string): string {
  return command.split(/\s*(?:&&|;)\s*/).at(-1) ?? command;
}

/** A program that a build made: named by what it is made of, as far as the command or the build tells. */
function compiled(line: string, build: readonly string[]): string | undefined {
  const made = build.join("\n");
  const goBuild = /go build\b.*?-o out(?:\s+(\S+))?/.exec(made);
  if (line === "./out" && goBuild) return `go ${plainPackage(goBuild[1])}`;
  const goRun = /^go run (?:-\S+ )*(\S+)/.exec(line);
  if (goRun) return `go ${plainPackage(goRun[1])}`;
  const rustBin = /^\.\/bin\/([\w-]+)$/.exec(line) ?? /^(?:\.\/)?target\/(?:release|debug)\/([\w-]+)$/.exec(line);
  if (rustBin) return `rust ${rustBin[1]}`;
  if (/^cargo run\b/.test(line)) return `rust ${/(?:--bin|--package|-p)[= ]([\w-]+)/.exec(line)?.[1] ?? "*"}`;
  if (/\bjava\b.* -jar\b|gradlew? (:?[\w:-]*)?(bootRun|run)\b|mvnw? .*(spring-boot:run|exec:java)/.test(line))
    return "java jar";
  const dotnet =
    /^\.\/out\/([\w.-]+)/.exec(line) ?? /dotnet run\b.*--project (?:\S*\/)?([\w.-]+?)(?:\.\w+proj)?(?:\s|$)/.exec(line);
  if (dotnet) return `dotnet ${dotnet[1]}`;
  if (/^dotnet run\b/.test(line)) return "dotnet *";
  if (/^mix (phx\.server|run --no-halt)/.test(line)) return "elixir application";
  return undefined;
}

/** `go build` without a package, `.` and a lone main.go are the same package. */
function plainPackage(name: string | undefined): string {
  if (name === undefined || name === "." || name === "./" || name === "main.go") return ".";
  return name.replace(/\/(main\.go)?$/, "").replace(/^(?!\.)/, "./");
}

function interpreted(line: string): string {
  if (/^gunicorn [\w.]+wsgi|^(python3? )?manage\.py runserver|^python3? manage\.py runserver/.test(line))
    return "django";
  if (/rails (server|s)\b/.test(line)) return "rails";
  if (/^(bundle exec )?rackup\b|^puma\b.*config\.ru/.test(line)) return "rack";
  return line
    .replace(/^python3(?=\s)/, "python")
    .replace(/^ruby (--\S+ )+/, "ruby ")
    .replace(/^(bash|sh|zsh) (?:\.\/)?/, "sh ")
    .replace(/^\.\/(\w[\w.-]*\.sh)/, "sh $1")
    .replace(/^(npm|pnpm|yarn|bun) (?:run-script |run )?(?=[\w:-]+$)/, "$1 run ")
    .replace(/^(node|bun|python) (?:\.\/)?/, "$1 ")
    .replace(/^(npx|pnpm exec|yarn run|bunx) (?!\S+$)/, "");
}
