import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerRecipe } from "../sdk/index.ts";
import { approvalLines, composeFile, containerOf, envFilesOf, projectName, serviceOf } from "./compose.ts";
import { envLines, variablesIn, type Values } from "./compose-values.ts";

const recipe: ContainerRecipe = {
  images: ["mysql", "mariadb"],
  port: 3306,
  greeting: { expect: "^.{6}000a" },
  url: () => undefined,
  examples: [],
};
const own = { name: "lodestar-a-b-mysql", port: 5400, site: "site", mark: "mark", copies: [] };

function made(service: Record<string, unknown>, more: { dir?: string; variables?: Values; env?: Values } = {}) {
  const { dir = ".", variables = {}, env = {} } = more;
  return containerOf({ services: { db: service } }, { service: "db", recipe, dir, variables, env });
}

function containerIn(...input: Parameters<typeof made>) {
  const answer = made(...input);
  assert.ok(answer.ok, answer.ok ? "" : answer.because);
  return answer.container;
}

test("the service of an engine is found by its image, those of a profile last, a built one by its name", () => {
  const find = (services: Record<string, unknown>) => serviceOf({ services }, recipe);
  assert.equal(find({ api: { build: "." }, db: { image: "mysql:8" } }), "db");
  assert.equal(find({ db: { image: "registry.example:5000/library/mariadb:11@sha256:abc" } }), "db");
  assert.equal(find({ db: { image: "${REGISTRY:-docker.io}/mysql:${TAG:-8}" } }), "db");
  assert.equal(find({ old: { image: "mysql:5", profiles: ["old"] }, db: { image: "mysql:8" } }), "db");
  assert.equal(find({ mysql: { build: "./mysql" } }), "mysql");
  assert.equal(find({ db: { image: "mysqld-exporter:1" } }), undefined);
  assert.equal(serviceOf("not a mapping", recipe), undefined);
});

test("only this container is in the file: one port on 127.0.0.1, fresh volumes, its own labels and network", () => {
  const container = containerIn({
    image: "mysql:8",
    restart: "always",
    container_name: "shop-db",
    depends_on: ["cache"],
    networks: ["prod"],
    ports: ["3306:3306", "0.0.0.0:33060:33060"],
    volumes: ["shop-data:/var/lib/mysql", "./data/log:/var/log/mysql", "/srv/backup:/backup", "/cache"],
    environment: { MYSQL_ROOT_PASSWORD: "pa$$$$word", MYSQL_PORT: 3306 },
  });
  const labels = { "lodestar.site": "site", "lodestar.data": "mark" };
  assert.deepEqual(composeFile(container, own), {
    services: {
      db: {
        image: "mysql:8",
        container_name: "lodestar-a-b-mysql",
        environment: { MYSQL_ROOT_PASSWORD: "pa$$$$word", MYSQL_PORT: "3306" },
        labels,
        restart: "no",
        security_opt: ["no-new-privileges:true"],
        ports: ["127.0.0.1:5400:3306"],
        volumes: ["/var/lib/mysql", "/var/log/mysql", "/backup", "/cache"].map((target, index) => ({
          type: "volume",
          source: `data-${index}`,
          target,
        })),
      },
    },
    networks: { default: { labels } },
    volumes: { "data-0": { labels }, "data-1": { labels }, "data-2": { labels }, "data-3": { labels } },
  });
  assert.equal(container.environment["MYSQL_ROOT_PASSWORD"], "pa$$word");
});

test("first data and settings of the repo come as copies; nothing outside of it does", () => {
  const container = containerIn(
    {
      image: "mysql",
      volumes: [
        "./init:/docker-entrypoint-initdb.d:ro",
        "../my.cnf:/opt/my.cnf",
        { type: "bind", source: "./conf", target: "/etc/mysql/conf.d" },
        "../../secret.sql:/docker-entrypoint-initdb.d/a.sql",
        "~/.ssh:/etc/ssh",
        "/var/run/docker.sock:/var/run/docker.sock",
        "../.git/config:/etc/git",
      ],
    },
    { dir: "deploy" },
  );
  assert.deepEqual(container.files, [
    { path: "deploy/init", target: "/docker-entrypoint-initdb.d" },
    { path: "my.cnf", target: "/opt/my.cnf" },
    { path: "deploy/conf", target: "/etc/mysql/conf.d" },
  ]);
  assert.deepEqual(container.volumes, []);
  assert.deepEqual(container.without, [
    "../../secret.sql at /docker-entrypoint-initdb.d/a.sql",
    "~/.ssh at /etc/ssh",
    "/var/run/docker.sock at /var/run/docker.sock",
    "../.git/config at /etc/git",
  ]);
  const file = JSON.stringify(composeFile(container, { ...own, copies: ["./files/0", undefined, "./files/2"] }));
  assert.match(file, /"source":"\.\/files\/0","target":"\/docker-entrypoint-initdb\.d","read_only":true/);
  assert.doesNotMatch(file, /my\.cnf|secret|ssh|docker\.sock/);
});

test("what would open the machine is left out and said", () => {
  const container = containerIn({
    image: "mysql",
    privileged: true,
    cap_add: ["SYS_ADMIN"],
    network_mode: "host",
    pid: "host",
    devices: ["/dev/sda"],
    shm_size: "256m",
  });
  const file = JSON.stringify(composeFile(container, own));
  assert.doesNotMatch(file, /privileged"|SYS_ADMIN|host"|sda/);
  assert.match(file, /"shm_size":"256m"/);
  assert.deepEqual(approvalLines(container), [
    "image mysql",
    "port 3306 inside, on a free port of 127.0.0.1 only",
    "left out: privileged",
    "left out: cap_add",
    "left out: devices",
    "left out: network_mode",
    "left out: pid",
  ]);
});

test("a person approves the image, command, names of variables, port and volumes; values are not shown", () => {
  const container = containerIn({
    image: "mysql:${TAG:-8}",
    command: ["--character-set-server=utf8mb4", "--skip-name-resolve"],
    environment: ["MYSQL_ROOT_PASSWORD=hunter2"],
    volumes: ["data:/var/lib/mysql", "./init.sql:/docker-entrypoint-initdb.d/init.sql"],
  });
  assert.deepEqual(approvalLines(container), [
    "image mysql:8",
    "command --character-set-server=utf8mb4 --skip-name-resolve",
    "environment MYSQL_ROOT_PASSWORD",
    "port 3306 inside, on a free port of 127.0.0.1 only",
    "volume /var/lib/mysql: fresh, removed when it stops",
    "init.sql: a copy, read-only at /docker-entrypoint-initdb.d/init.sql",
  ]);
});

test("its environment: env files, then its own, where a name alone takes the value of the .env file", () => {
  const service = { image: "mysql", env_file: ["./db.env", "../../etc/passwd"], environment: ["A=own", "B", "C"] };
  assert.deepEqual(envFilesOf({ services: { db: service } }, "db", "deploy"), ["deploy/db.env"]);
  const { environment } = containerIn(service, { variables: { B: "from .env" }, env: { A: "file", D: "file" } });
  assert.deepEqual(environment, { A: "own", B: "from .env", D: "file" });
  const merging = { image: "mysql", environment: { "<<": { A: "base", B: "base" }, B: "own" } };
  assert.deepEqual(containerIn(merging).environment, { A: "base", B: "own" });
});

test("what cannot be run says why", () => {
  const because = (service: Record<string, unknown>) => {
    const answer = made(service);
    return answer.ok ? undefined : answer.because;
  };
  assert.equal(because({ build: "." }), "The compose service db names no image, and Lodestar builds none.");
  assert.equal(
    because({ image: "mysql", environment: { P: "${DB_PASSWORD:?set it}" } }),
    "The compose service db needs DB_PASSWORD to be set.",
  );
  assert.match(because({ image: "mysql", extends: { file: "base.yml", service: "db" } }) ?? "", /extends another one/);
  for (const image of ["--privileged", "mysql; curl evil", "$(id)/mysql"])
    assert.match(because({ image }) ?? "", /no name or image that Docker would take/);
});

test("variables are filled in as Docker does it", () => {
  const fill = (text: string) => variablesIn(text, { A: "a", EMPTY: "" }).value;
  assert.equal(fill("$A ${A} $$A $${A}"), "a a $A ${A}");
  assert.equal(fill("${NO} ${NO:-b} ${NO-c} ${EMPTY:-d} ${EMPTY-e}|"), " b c d |");
  assert.equal(fill("${A:+set} ${NO:+set} ${NO:-${A}}"), "set  a");
  assert.deepEqual(variablesIn(["${X:?x}", "${Y?y}"], {}).missing, ["X", "Y"]);
});

test("lines of an env file", () => {
  assert.deepEqual(envLines("# c\nA=1\nexport B='two words' # c\n C = x # y\nD=\"a#b\"\nnot a line\nE=\n"), {
    A: "1",
    B: "two words",
    C: "x",
    D: "a#b",
    E: "",
  });
});

test("names that Docker takes", () => {
  assert.equal(projectName(["12ab", "0f", "mysql Read/Replica"]), "lodestar-12ab-0f-mysql-read-replica");
});
