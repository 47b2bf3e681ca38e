import type { DirView } from "../../sdk/index.ts";
import { capture, toolVersions, upwards, versionFile, type Asked } from "./_shared-manifests.ts";

/** A build tool's wrapper, here or above, as a command that works in `dir`; the plain tool where there is none. */
export async function wrapper(dir: DirView, script: string, tool: string): Promise<string> {
  for (const [depth, view] of upwards(dir).entries())
    if (view.has(script)) return depth === 0 ? `./${script}` : `${"../".repeat(depth)}${script}`;
  return tool;
}

/** The Java versions that files beside the build file ask for, the most exact first. */
export async function javaVersions(dir: DirView): Promise<Asked[]> {
  const asked = [
    ...(await versionFile(dir, ".java-version", /^(java|openjdk|temurin)-/)),
    ...(await toolVersions(dir, "java")),
  ];
  const places: readonly (readonly [file: string, pattern: RegExp])[] = [
    [".sdkmanrc", /^java=(\d+(?:\.\d+)*)/m],
    ["system.properties", /^java\.runtime\.version\s*=\s*(\S+)/m],
  ];
  for (const [file, pattern] of places) {
    const version = capture(await dir.text(file), pattern);
    if (version) asked.push({ version, because: await dir.at(file, version) });
  }
  return asked;
}

/** Java, or Kotlin where the sources are. */
export function jvmLanguage(dir: DirView): "java" | "kotlin" {
  const paths = dir.below();
  return paths.some((path) => path.endsWith(".kt")) && !paths.some((path) => path.endsWith(".java"))
    ? "kotlin"
    : "java";
}

/** The port that Spring's settings name, with its place. */
export async function springPort(dir: DirView): Promise<{ port: number; because: string } | undefined> {
  for (const name of ["application.properties", "application.yml", "application.yaml"]) {
    const file = `src/main/resources/${name}`;
    const stated = capture(await dir.text(file), /^\s*(?:server\.)?port\s*[:=]\s*(?:\$\{\w+:)?(\d{2,5})/m);
    if (stated) return { port: Number(stated), because: await dir.at(file, stated) };
  }
  return undefined;
}
