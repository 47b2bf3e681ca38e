import colors from "picocolors";
import type { AnyEvent, Plan, Report } from "../sdk/index.ts";
import { duration, printTable } from "./_terminal.ts";

/** Shows the events of one `up`: each step is one line that becomes its own result with its time. */
export interface UpView {
  show(event: AnyEvent): void;
  /** Clears the line that is under way. */
  rest(): void;
}

type Line = { readonly is: "doing" | "ok" | "bad" | "fixed" | "you"; readonly text: string };
type Titles = Map<string, string>;

/** `live` redraws the line under way (a terminal); without it only results are printed. */
export function createUpView(options: { live: boolean }): UpView {
  const titles: Titles = new Map();
  let open = false;
  const marks = { ok: colors.green("✓"), bad: colors.red("✕"), fixed: colors.green("↻"), you: colors.yellow("◆") };

  function rest(): void {
    if (open) process.stdout.write("\r\u001b[2K");
    open = false;
  }
  function show(event: AnyEvent): void {
    if (event.type === "plan.detected") {
      rest();
      printPlan(event.data.plan, event.data.seconds);
      return;
    }
    const line = lineOfWork(event, titles) ?? lineOfState(event);
    if (!line || (line.is === "doing" && !options.live)) return;
    rest();
    if (line.is === "doing")
      process.stdout.write(`${colors.cyan("✦")} ${line.text}`.slice(0, process.stdout.columns || 80));
    else console.log(`${marks[line.is]} ${line.text}`);
    open = line.is === "doing";
  }
  return { show, rest };
}

/** Commands and checks. Of commands only installs and builds get a line of their own when they go well. */
function lineOfWork(event: AnyEvent, titles: Titles): Line | undefined {
  switch (event.type) {
    case "status":
      return { is: "doing", text: event.data.sentence };
    case "tool_start":
      if (event.data.tool !== "check") titles.set(event.data.call, event.data.title);
      return undefined;
    case "tool_result": {
      const { call, ok, seconds, summary } = event.data;
      const title = titles.get(call);
      if (title === undefined) return undefined;
      if (ok) return /^(install|build)/.test(title) ? { is: "ok", text: `${title}${took(seconds)}` } : undefined;
      return { is: "bad", text: `${title}${took(seconds)}  ${summary}` };
    }
    case "check.completed": {
      const { name, dir, verdict, because, seconds } = event.data;
      const text = `${name}${dir === "." ? "" : ` (${dir})`}  ${because}${took(seconds)}`;
      return { is: verdict === "pass" ? "ok" : verdict === "not-run" ? "you" : "bad", text };
    }
    case "fix.tried": {
      const { fixer, worked, title, failure } = event.data;
      if (fixer === "ports") return undefined;
      return {
        is: worked ? "fixed" : "bad",
        text: `${worked ? "repaired" : "not repaired"}: ${title} ${colors.dim(`(${failure})`)}`,
      };
    }
    default:
      return undefined;
  }
}

/** Ports, databases, services, and why a run ended early. */
function lineOfState(event: AnyEvent): Line | undefined {
  switch (event.type) {
    case "port.leased": {
      const { service, port, wanted, because } = event.data;
      return wanted === undefined || wanted === port
        ? undefined
        : { is: "fixed", text: `${service} listens on ${port}: ${because}` };
    }
    case "database.ready": {
      const { name, how, port, seconds } = event.data;
      return { is: "ok", text: `${name}  ${how}${port === undefined ? "" : `, port ${port}`}${took(seconds)}` };
    }
    case "database.failed":
      return { is: "bad", text: `${event.data.name}: ${event.data.because}` };
    case "service.healthy": {
      const { name, url, health, seconds } = event.data;
      return {
        is: "ok",
        text: [name, url, health.detail].filter((part) => part !== undefined).join("  ") + took(seconds),
      };
    }
    case "service.unhealthy":
      return { is: "bad", text: `${event.data.name}: ${event.data.health.detail}` };
    case "service.exited":
      return event.data.expected ? undefined : { is: "bad", text: `${event.data.name} ended` };
    case "stop_reason":
      return { is: "bad", text: event.data.detail };
    default:
      return undefined;
  }
}

function took(seconds: number): string {
  return ` ${colors.dim(duration(seconds))}`;
}

/** What was found, in aligned lines with evidence. */
export function printPlan(plan: Plan, seconds: number): void {
  const amount = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  const found = `${amount(plan.services.length, "service")}, ${amount(plan.databases.length, "database")}, ${amount(plan.checks.length, "check")}`;
  console.log(`${colors.bold("found")} ${found} ${colors.dim(duration(seconds))}`);
  const sure = (confidence: number) => (confidence < 0.5 ? " (a guess)" : "");
  printTable(
    [
      ...plan.installs.map((one) => [
        "install",
        one.dir,
        one.manager,
        one.lockfile ?? "no lockfile",
        one.because[0] ?? "",
      ]),
      ...plan.services.map((one) => [
        one.name,
        one.framework ?? one.language ?? one.kind,
        one.port === undefined ? "" : `:${one.port}`,
        one.commands.start ?? one.commands.dev ?? "",
        `${one.because[0] ?? ""}${sure(one.confidence)}`,
      ]),
      ...plan.databases.map((one) => [
        one.name,
        one.engine,
        one.env,
        one.migrations.map((migration) => migration.tool).join(" "),
        one.because[0] ?? "",
      ]),
      ...plan.checks.map((one) => [one.kind, one.dir, one.name, one.command, one.because[0] ?? ""]),
    ],
    "  ",
  );
  for (const one of plan.disagreements)
    console.log(
      colors.dim(
        `  ${one.what} (${one.dir}): ${one.chose}, not ${one.over.map((other) => other.value).join(" or ")}: ${one.why}`,
      ),
    );
}

/** The end: state, links, times, fixes, questions, and what was not checked. */
export function printReport(report: Report, receipt: string | undefined): void {
  const paint = {
    healthy: colors.green,
    "healthy-with-limits": colors.green,
    "needs-you": colors.yellow,
    cannot: colors.red,
  }[report.state];
  const { total, detect, install, start, checks } = report.seconds;
  console.log(
    `\n${paint(`${report.state === "needs-you" ? "◆" : report.state === "cannot" ? "✕" : "✓"} ${report.state}`)} in ${duration(total)} ${colors.dim(`(detect ${duration(detect)}, install ${duration(install)}, start ${duration(start)}, checks ${duration(checks)})`)}`,
  );
  if (receipt !== undefined) console.log(`  ${receipt}  ${colors.dim(`receipt ${report.receipt ?? ""}`)}`);
  if (report.sandbox === "unsandboxed")
    console.log(colors.yellow("  unsandboxed: its commands could read and change whatever you can"));
  for (const fix of report.fixes.filter((one) => one.worked)) console.log(`  repaired: ${fix.title}`);
  for (const line of report.notChecked) console.log(colors.dim(`  not checked: ${line}`));
  for (const question of report.questions)
    console.log(`${colors.yellow("◆")} ${question.question}\n  next: ${question.next}`);
  for (const service of report.services)
    if (service.url !== null && service.health.ok) console.log(`  ${service.name}  ${service.url}`);
}
