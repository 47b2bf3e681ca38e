import type { Detection, Disagreement } from "../sdk/index.ts";
import { listens, type ServiceGroup } from "./plan-groups.ts";
import { byPrecedence, disagreement, only, type Found } from "./plan-source.ts";

export interface ChosenPort {
  readonly port?: number;
  readonly env?: string;
  readonly flag?: string;
  readonly conflict?: Disagreement | undefined;
}

interface Said {
  readonly port: number;
  readonly because: readonly string[];
}

/**
 * Where a service listens, in this order: the port written in the command that is run; what the sources of the service say, in
 * their precedence; a port found in its directory (code, example env, EXPOSE); the development server's; the framework's default.
 * Workers have none.
 */
export function choosePort(group: ServiceGroup, lead: Found<"service">, detections: readonly Detection[]): ChosenPort {
  if (!listens(lead.kind)) return {};
  const found = byPrecedence(
    only(detections, "port").filter(
      (one) => one.dir === lead.dir && (one.service === undefined || isNamed(group, one.service)),
    ),
  );
  const framework = only(detections, "framework").find((one) => one.dir === lead.dir && one.port !== undefined);
  const same = group.members.filter((one) => one !== lead && one.mode === lead.mode);
  const other = group.members.filter((one) => one.mode !== lead.mode);
  const said: Said[] = [...portIn(lead), ...withPort([lead, ...same]), ...found];
  // What only applies when nobody says anything is no disagreement.
  const chosen = said[0] ?? withPort([...other, ...(framework ? [framework] : [])])[0];
  const env = envOf(group, lead, found) ?? (readsPort(lead, detections) ? "PORT" : undefined);
  const flag = flagOf(lead, group, framework);
  const conflict =
    chosen &&
    disagreement(chosen, said, {
      what: `port of ${lead.name}`,
      dir: lead.dir,
      value: (one) => String(one.port),
      why: "the command itself is believed first, then the source of the service, then its code, then the framework's default",
    });
  return {
    ...(chosen ? { port: chosen.port } : {}),
    ...(env === undefined ? {} : { env }),
    ...(flag === undefined || env !== undefined ? {} : { flag }),
    conflict,
  };
}

function envOf(group: ServiceGroup, lead: Found<"service">, ports: readonly Found<"port">[]): string | undefined {
  const inCommand = /\$\{?([A-Z_]*PORT)\b/.exec(lead.command)?.[1];
  // A command that takes a flag does not read the variable that another command of the same service reads.
  const members = lead.portFlag === undefined ? [lead, ...group.members] : [lead];
  const said = members.find((one) => one.portEnv !== undefined)?.portEnv;
  return inCommand ?? said ?? ports.find((one) => one.env !== undefined)?.env;
}

/** Its code or an example names `PORT`: then it listens where that says, wherever its own default is hidden. */
function readsPort(lead: Found<"service">, detections: readonly Detection[]): boolean {
  return only(detections, "env").some((one) => one.dir === lead.dir && one.name === "PORT");
}

function flagOf(
  lead: Found<"service">,
  group: ServiceGroup,
  framework: Found<"framework"> | undefined,
): string | undefined {
  const said = lead.portFlag ?? group.members.find((one) => one.command === lead.command && one.portFlag)?.portFlag;
  return said ?? (/^(npm|pnpm|yarn|bun) /.test(lead.command) ? undefined : framework?.portFlag);
}

const PORT_FLAG =
  /(?:--(?:http-)?port[= ]|\s-p[= ]?|--(?:bind|listen|addr|address|host)[= ]\S*:|\s-b[= ]\S*:|runserver \S*:|\bPORT=)(\d{2,5})\b/;

function portIn(found: Found<"service">): Said[] {
  const match = PORT_FLAG.exec(found.command);
  return match ? [{ port: Number(match[1]), because: found.because }] : [];
}

function withPort(found: readonly { port?: number | undefined; because: readonly string[] }[]): Said[] {
  return found.flatMap(({ port, because }) => (port === undefined ? [] : [{ port, because }]));
}

function isNamed(group: ServiceGroup, name: string): boolean {
  return group.members.some((found) => found.name === name);
}
