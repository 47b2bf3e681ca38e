import type { DirView } from "../../sdk/index.ts";
import { pick, record, word, words } from "./_shared-manifests.ts";

/** The names under which compose looks for its file, and those people give to a second one. */
export const COMPOSE_FILES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/** Images that are databases or brokers: the last part of the image's name, and the engine. */
const ENGINES: Readonly<Record<string, string>> = {
  postgres: "postgres",
  postgresql: "postgres",
  postgis: "postgres",
  pgvector: "postgres",
  timescaledb: "postgres",
  "timescaledb-ha": "postgres",
  mysql: "mysql",
  mariadb: "mysql",
  percona: "mysql",
  redis: "redis",
  "redis-stack": "redis",
  "redis-stack-server": "redis",
  valkey: "redis",
  keydb: "redis",
  mongo: "mongodb",
  mongodb: "mongodb",
  rabbitmq: "rabbitmq",
  elasticsearch: "elasticsearch",
  opensearch: "elasticsearch",
  memcached: "memcached",
  kafka: "kafka",
  redpanda: "kafka",
  nats: "nats",
  "clickhouse-server": "clickhouse",
  clickhouse: "clickhouse",
  cassandra: "cassandra",
  neo4j: "neo4j",
  minio: "minio",
};

export interface ComposeService {
  readonly name: string;
  /** The engine of its image, when that is a database or a broker. */
  readonly engine: string | undefined;
  readonly version: string | undefined;
  /** Folder that its image is built from, repo-relative. */
  readonly context: string | undefined;
  readonly dockerfile: string;
  readonly command: string | undefined;
  /** Port inside its container. */
  readonly port: number | undefined;
  readonly needs: readonly string[];
  /** Started only when somebody asks for its profile. */
  readonly optional: boolean;
  readonly environment: readonly (readonly [name: string, value: string | undefined])[];
}

/** The services of a compose file; what cannot be read is left out. */
export async function composeServices(dir: DirView, file: string): Promise<ComposeService[]> {
  const services = record(pick(await dir.yaml(file), "services"));
  return Object.entries(services).map(([name, value]) => {
    const service = merged(value);
    const build =
      word(service.build) ?? (service.build === undefined ? undefined : (word(pick(service.build, "context")) ?? "."));
    const image = word(service.image);
    const [, base = "", tag] = image?.match(/(?:^|\/)([^/:@]+)(?::([^@]+))?(?:@.*)?$/) ?? [];
    return {
      name,
      engine: build === undefined ? ENGINES[base] : undefined,
      version: tag?.match(/^v?(\d+(?:\.\d+)*)/)?.[1],
      ...builtFrom(dir, build, word(pick(service.build, "dockerfile")) ?? "Dockerfile"),
      command: commandText(service.command),
      port: portOf(service.ports) ?? portOf(service.expose),
      needs: Array.isArray(service.depends_on) ? words(service.depends_on) : Object.keys(record(service.depends_on)),
      optional: Array.isArray(service.profiles) && service.profiles.length > 0,
      environment: environmentOf(service.environment),
    };
  });
}

/** `docker build -f api/Dockerfile .` builds what lies in `api`: the folder of the Dockerfile is the program's. */
function builtFrom(
  dir: DirView,
  context: string | undefined,
  dockerfile: string,
): { context: string | undefined; dockerfile: string } {
  if (context === undefined || context.includes("://")) return { context: undefined, dockerfile };
  const slash = dockerfile.lastIndexOf("/");
  const home = dir.sub(context).sub(slash < 0 ? "." : dockerfile.slice(0, slash));
  return { context: home.dir, dockerfile: dockerfile.slice(slash + 1) };
}

/** A mapping with YAML's merge key (`<<`) carried out, which the parser leaves as it is. */
function merged(value: unknown): Record<string, unknown> {
  const { "<<": base, ...own } = record(value);
  if (base === undefined) return own;
  const inherited = (Array.isArray(base) ? base : [base]).map(merged);
  return Object.assign({}, ...inherited.toReversed(), own);
}

/** A command as a shell line: the exec form's words are quoted where they need it. */
export function commandText(value: unknown): string | undefined {
  if (!Array.isArray(value)) return word(value);
  const parts = words(value);
  if (parts.length === 3 && /^(\/bin\/)?(ba)?sh$/.test(parts[0] ?? "") && /^-\w*c$/.test(parts[1] ?? ""))
    return parts[2];
  return parts.length === 0
    ? undefined
    : parts.map((part) => (/^[\w@%+=:,./${}-]+$/.test(part) ? part : `'${part.replaceAll("'", `'\\''`)}'`)).join(" ");
}

/** `"127.0.0.1:8080:80/tcp"`, `80`, `{ target: 80 }`: the port inside. */
function portOf(ports: unknown): number | undefined {
  if (!Array.isArray(ports)) return undefined;
  for (const entry of ports) {
    const text = word(entry) ?? word(record(entry).target) ?? "";
    const port = text.match(/(\d{2,5})\}?(?:\/\w+)?$/)?.[1];
    if (port) return Number(port);
  }
  return undefined;
}

function environmentOf(value: unknown): (readonly [string, string | undefined])[] {
  if (!Array.isArray(value)) return Object.entries(merged(value)).map(([name, text]) => [name, word(text)]);
  return words(value).map((line) => {
    const equals = line.indexOf("=");
    return equals < 0 ? [line, undefined] : [line.slice(0, equals), line.slice(equals + 1)];
  });
}
