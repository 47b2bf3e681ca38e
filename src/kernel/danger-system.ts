import { UNKNOWN, placeOf } from "./danger-paths.ts";
import { hasFlag, operands } from "./danger-rules.ts";
import type { Call, Finding } from "./danger-rules.ts";

/** Permissions, processes, services and power of the machine. */
export function judgeSystem(call: Call): Finding[] {
  const judge = Object.hasOwn(JUDGES, call.program) ? JUDGES[call.program] : undefined;
  const found = judge?.(call);
  return found ? [found] : [];
}

type Judge = (call: Call) => Finding | undefined;

const JUDGES: Readonly<Record<string, Judge>> = {
  chmod: judgePermissions,
  chown: judgePermissions,
  chgrp: judgePermissions,
  icacls: (call) => (call.args.some((arg) => /^\/t$/i.test(arg)) ? judgePermissions(call) : undefined),
  sudo: becomes,
  doas: becomes,
  su: becomes,
  pkexec: becomes,
  runas: becomes,
  kill: judgeKill,
  pkill: judgeKillByName,
  killall: judgeKillByName,
  killall5: judgeKillByName,
  taskkill: judgeKillByName,
  "stop-process": judgeKillByName,
  shutdown: stops,
  poweroff: stops,
  halt: stops,
  reboot: stops,
  "stop-computer": stops,
  "restart-computer": stops,
  init: (call) => (/^[06]$/.test(call.args[0] ?? "") ? stops(call) : undefined),
  crontab: (call) => (hasFlag(call.args, "r") ? system(call, "removes every scheduled job") : undefined),
  systemctl: (call) => {
    const verb = operands(call.args, ["-t", "--type", "-H"])[0] ?? "";
    if (/^(poweroff|reboot|halt|suspend|hibernate|kexec)$/.test(verb)) return stops(call);
    return /^(stop|disable|mask|kill|isolate|revert)$/.test(verb)
      ? system(call, "stops a service of the machine")
      : undefined;
  },
  service: (call) => (call.args[1] === "stop" ? system(call, "stops a service of the machine") : undefined),
  launchctl: (call) =>
    /^(unload|remove|bootout|disable|stop|kill)$/.test(call.args[0] ?? "")
      ? system(call, "stops a service of the machine")
      : undefined,
  iptables: (call) =>
    hasFlag(call.args, "FX", "--flush") || hasFlag(call.args, "F") ? system(call, "removes the firewall") : undefined,
  ufw: (call) => (/^(disable|reset)$/.test(call.args[0] ?? "") ? system(call, "removes the firewall") : undefined),
  userdel: (call) => system(call, "deletes an account"),
  deluser: (call) => system(call, "deletes an account"),
  passwd: (call) => system(call, "changes a password"),
};

function judgePermissions(call: Call): Finding | undefined {
  if (!hasFlag(call.args, "R", "--recursive") && call.program !== "icacls") return undefined;
  const [mode = "", ...paths] = operands(call.args);
  const found = { rule: "permissions", part: call.raw } as const;
  const places = paths.map((path) => placeOf(path, call));
  if (call.place !== "here")
    return { ...found, decision: "ask", why: "changes permissions of whole folders elsewhere" };
  // The repository's own root is fine: only what holds it is outside.
  const outside = places.some(
    (place, index) => place === "outside" || (place === "repository" && !isRoot(call, paths[index] ?? "")),
  );
  if (outside) {
    const why = "changes permissions outside the repository, which nothing brings back";
    return { ...found, decision: "deny", why, instead: "change the files inside the repository only" };
  }
  if (places.includes("unknown"))
    return { ...found, decision: "ask", why: "changes permissions of a path that cannot be known" };
  if (places.length > 0 && places.every((place) => place === "temporary")) return undefined;
  const open = /^0?[0-7]?(777|666)$|^([augo]*[ao][augo]*)?[+=][rxXst]*w/.test(mode) && !mode.startsWith("u");
  return call.program === "chmod" && open
    ? { ...found, decision: "ask", why: "opens whole folders to everybody" }
    : undefined;
}

function isRoot(call: Call, path: string): boolean {
  return !path.includes("..") && placeOf(`${path}/x`, call) === "inside";
}

function becomes(call: Call): Finding {
  return { decision: "ask", rule: "privileges", part: call.raw, why: "runs as another user" };
}

function stops(call: Call): Finding {
  const why = "stops this machine";
  return { decision: "deny", rule: "system", part: call.raw, why, instead: "ask the person to do it" };
}

function system(call: Call, why: string): Finding {
  return { decision: "ask", rule: "system", part: call.raw, why };
}

function judgeKill(call: Call): Finding | undefined {
  if (hasFlag(call.args, "l", "--list")) return undefined;
  // The first `-9` or `-TERM` is the signal; `-1` after it is every process.
  const signal = /^-(?:\d+|[A-Z]+\d?|s|n)$/.test(call.args[0] ?? "") && call.args.length > 1;
  const targets = call.args.slice(signal ? (/^-[sn]$/.test(call.args[0] ?? "") ? 2 : 1) : 0);
  if (targets.some((target) => target === "1" || target === "-1"))
    return {
      decision: "deny",
      rule: "processes",
      part: call.raw,
      why: "ends every process",
      instead: "name the pid to end",
    };
  const listed = [...call.inner, ...call.before].find(
    (each) => ["pgrep", "pidof"].includes(each.program) && endsDaemon(each),
  );
  return listed ? ends(call) : undefined;
}

function judgeKillByName(call: Call): Finding | undefined {
  return call.program === "killall5" || endsDaemon(call) ? ends(call) : undefined;
}

function ends(call: Call): Finding {
  const why = "ends every program of that name, and Lodestar's daemon or other agents may be among them";
  return { decision: "ask", rule: "processes", part: call.raw, why, instead: "end one process by its pid" };
}

/** How the programs that must not end look in a process list; a name or pattern that matches one of them is too wide. */
const OTHERS = [
  "node",
  "lodestar",
  "claude",
  "codex",
  "bun",
  "python",
  "python3",
  "bash",
  "sh",
  "zsh",
  "systemd",
  "init",
  "sshd",
];

function endsDaemon(call: Call): boolean {
  const full = hasFlag(call.args, "f", "--full");
  const valued = ["-s", "--signal", "-t", "-P", "-g", "-n", "-Name", "/PID", "/pid", "-Id"];
  const mine = hasFlag(call.args, "u", "--euid", "--user") && operands(call.args, [...valued, "-u", "-U"]).length === 0;
  const names = operands(call.args, [...valued, "-u", "-U"]).concat(call.program === "stop-process" ? call.args : []);
  return mine || names.some((name) => isWide(name.toLowerCase(), full));
}

function isWide(name: string, full: boolean): boolean {
  const bare = name
    .replace(/^\^/, "")
    .replace(/\$$/, "")
    .replace(/\.exe$/, "");
  if (bare.includes(UNKNOWN) || bare === "") return false;
  if (/^[.*\uE001]+$/.test(bare)) return true;
  if (OTHERS.includes(bare)) return true;
  return full && bare.includes("lodestar");
}
