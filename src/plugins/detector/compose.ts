import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { COMPOSE_FILES, composeServices, type ComposeService } from "./_shared-compose.ts";
import { readDockerfile } from "./_shared-dockerfile.ts";
import { harmlessExample } from "./_shared-env.ts";
import { missingScript, sure } from "./_shared-manifests.ts";

/** Compose: what is built from this repo, the databases it needs, and the variables it is given. */
export default defineDetector({
  looksAt: COMPOSE_FILES,
  async detect(dir) {
    const file = COMPOSE_FILES.find((name) => dir.has(name)) ?? "";
    const services = await composeServices(dir, file);
    const found: DetectionDraft[] = [];
    for (const service of services) {
      if (service.engine) found.push(await databaseOf(dir, file, service, services));
      else if (service.context !== undefined && !dir.dir.endsWith(".devcontainer"))
        found.push(...(await builtOf(dir, file, service, services)));
    }
    return found;
  },
  examples: [
    {
      name: "an API with its database",
      files: {
        "docker-compose.yml":
          'services:\n  api:\n    build: ./api\n    command: ["node", "server.js"]\n    ports: ["8080:3000"]\n    depends_on: [db]\n    environment:\n      DATABASE_URL: postgres://u:p@db:5432/app\n      LOG_LEVEL: debug\n  db:\n    image: postgres:16-alpine\n',
        "api/server.js": "",
      },
      finds: [
        {
          is: "service",
          dir: "api",
          name: "api",
          command: "node server.js",
          port: 3000,
          needs: ["postgres"],
          because: ["docker-compose.yml:2"],
        },
        { is: "database", engine: "postgres", version: "16", env: "DATABASE_URL", via: "compose" },
        { is: "env", dir: "api", name: "LOG_LEVEL", example: "debug", because: ["docker-compose.yml:9"] },
      ],
    },
    {
      name: "the command comes from the Dockerfile",
      files: {
        "compose.yaml": "services:\n  web:\n    build: .\n",
        Dockerfile: 'FROM python:3.12\nWORKDIR /app\nEXPOSE 8000\nCMD ["uvicorn", "main:app"]\n',
      },
      finds: [{ is: "service", name: "web", command: "uvicorn main:app", port: 8000 }],
    },
    {
      name: "merged keys, a profile that nobody asked for, and a Dockerfile in another folder",
      files: {
        "compose.yml":
          "x-env: &env\n  LEVEL: debug\nservices:\n  api:\n    build: { context: ., dockerfile: api/Dockerfile }\n    environment:\n      <<: *env\n  seed:\n    build: ./seed\n    command: ./seed.sh\n    profiles: [seed]\n",
        "api/Dockerfile": "FROM python:3\nCMD python a.py\n",
        "api/a.py": "",
        "seed/seed.sh": "",
      },
      finds: [
        { is: "service", dir: "api", name: "api", command: "python a.py", confidence: 0.65 },
        { is: "env", dir: "api", name: "LEVEL", example: "debug" },
        { is: "service", name: "seed", confidence: 0.35 },
      ],
    },
    { name: "broken YAML", files: { "compose.yml": "services: [\n" }, finds: [] },
    { name: "only foreign images", files: { "compose.yml": "services:\n  proxy:\n    image: traefik:3\n" }, finds: [] },
  ],
});

async function databaseOf(
  dir: DirView,
  file: string,
  service: ComposeService,
  services: readonly ComposeService[],
): Promise<DetectionDraft> {
  const host = new RegExp(`(//|@)${service.name.replace(/\W/g, "\\$&")}[:/]`);
  const used = services.some(({ needs, context }) => context !== undefined && needs.includes(service.name));
  // Two SQL servers that nothing here depends on are alternatives to choose from.
  const others = services.filter(({ engine }) => engine === "postgres" || engine === "mysql");
  const choice = !used && new Set(others.map(({ engine }) => engine)).size > 1 && others.includes(service);
  const url = services.flatMap(({ environment }) => environment).find(([, value]) => value && host.test(value));
  return {
    is: "database",
    dir: dir.dir,
    because: [await dir.at(file, `\n  ${service.name}:`).then(nextLine)],
    confidence: sure(dir, choice || service.optional ? 0.4 : 0.9),
    engine: service.engine ?? "",
    via: "compose",
    ...(url && { env: url[0] }),
    ...(service.version && { version: service.version }),
  };
}

async function builtOf(
  dir: DirView,
  file: string,
  service: ComposeService,
  services: readonly ComposeService[],
): Promise<DetectionDraft[]> {
  const context = dir.root.sub(service.context ?? ".");
  const because = [nextLine(await dir.at(file, `\n  ${service.name}:`))];
  const image = await readDockerfile(context, service.dockerfile);
  const command = service.command ?? image?.command;
  const port = service.port ?? image?.port;
  const known = services.filter(({ engine, context }) => engine ?? context);
  const needs = service.needs.flatMap((name) => {
    const other = known.find((candidate) => candidate.name === name);
    return other ? [other.engine ?? other.name] : [];
  });
  const found: DetectionDraft[] = [];
  for (const [name, value] of service.environment) {
    const example = harmlessExample(name, value);
    const place = await dir.at(file, name);
    found.push({ is: "env", dir: context.dir, because: [place], confidence: 0.8, name, ...(example && { example }) });
  }
  // What only keeps a container open for people to work in is no service.
  if (!command || /^(sleep (infinity|\d+)|tail -[fF] \/dev\/null|(\/bin\/)?(ba)?sh)$/.test(command)) return found;
  const lies = missingScript(context, command) !== undefined;
  found.push({
    is: "service",
    dir: context.dir,
    because,
    confidence: sure(dir, lies || service.optional ? 0.35 : 0.65),
    name: service.name,
    kind: port === undefined ? "worker" : "web",
    command,
    ...(port !== undefined && { port }),
    needs: [...new Set(needs)],
  });
  return found;
}

/** The needle began with the line break before the name. */
function nextLine(place: string): string {
  return place.replace(/:(\d+)$/, (_, line) => `:${Number(line) + 1}`);
}
