import { defineDriver, type DriverTools } from "../../sdk/index.ts";
import { findRuntime, versionIn, versionOf, type Candidate, type RuntimeSpec } from "./_shared-runtime.ts";

const spec: RuntimeSpec = {
  title: "Java",
  program: "javac",
  args: ["-version"],
  mise: "java",
  installs: [
    ".sdkman/candidates/java/*/bin",
    ".jenv/versions/*/bin",
    ".local/share/mise/installs/java/*/bin",
    ".asdf/installs/java/*/bin",
  ],
  more: system,
  // Java 8 and before call themselves 1.8.
  range: (asked) => (majorOfJava(asked) === undefined ? asked : `${majorOfJava(asked)} || 1.${majorOfJava(asked)}`),
  // A newer JDK compiles for an older release; an older one cannot.
  near: (version, asked) => (majorOfJava(version) ?? 0) > (majorOfJava(asked) ?? Number.POSITIVE_INFINITY),
  homeMatters: true,
  env: ({ folder }) => ({ JAVA_HOME: folder.replace(/\/bin$/, "") }),
  next: (asked) => `sudo apt-get install openjdk-${majorOfJava(asked ?? "") ?? 21}-jdk`,
};

/** A JDK (with `javac`; a JRE cannot build): of the system, SDKMAN, jenv, mise or asdf. Only the major version counts. */
export default defineDriver({
  role: "runtime",
  runtime: "java",
  find: (asked, tools) => findRuntime(spec, asked, tools),
  examples: [
    {
      name: "the major version that is asked for",
      asked: "17.0.9-tem",
      have: {
        "/usr/bin/javac": "javac 17.0.15",
        "/usr/lib/jvm/java-21-openjdk-amd64/bin/javac": "javac 21.0.4",
        "/usr/lib/jvm/java-17-openjdk-amd64/bin/javac": "javac 17.0.15",
      },
      answer: { ok: true, version: "17.0.15", env: { JAVA_HOME: "/usr/lib/jvm/java-17-openjdk-amd64" } },
    },
    {
      name: "1.8 is 8, and a newer JDK is said",
      asked: "1.8",
      have: { "/usr/lib/jvm/java-17-openjdk-amd64/bin/javac": "javac 17.0.15" },
      answer: { ok: true, version: "17.0.15", next: "sudo apt-get install openjdk-8-jdk" },
    },
    {
      name: "Java 8 calls itself 1.8",
      asked: "8",
      have: { "/usr/lib/jvm/java-8-openjdk-amd64/bin/javac": "javac 1.8.0_392" },
      answer: { ok: true, version: "1.8.0" },
    },
    {
      name: "an older one cannot build it",
      asked: "21",
      have: { "/usr/lib/jvm/java-17-openjdk-amd64/bin/javac": "javac 17.0.15" },
      answer: { ok: false, next: "sudo apt-get install openjdk-21-jdk" },
    },
    {
      name: "a JRE is not enough",
      asked: "17",
      have: { "/usr/lib/jvm/java-17-openjdk-amd64/bin/java": "openjdk 17.0.15" },
      answer: { ok: false },
    },
  ],
});

/** `1.8` -> 8, `temurin-17.0.9+9` -> 17, `>=11` -> 11. */
function majorOfJava(text: string): number | undefined {
  const [first, second] = (versionOf(text) ?? "").split(".").map(Number);
  const major = first === 1 && second !== undefined ? second : first;
  return major === undefined || major === 0 || Number.isNaN(major) ? undefined : major;
}

async function system({ toolbox }: DriverTools): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const name of await toolbox.list("/usr/lib/jvm")) {
    const folder = `/usr/lib/jvm/${name}/bin`;
    const version = versionIn(await toolbox.version(`${folder}/javac`, ["-version"]));
    if (version !== undefined && !found.some((one) => one.version === version))
      found.push({ version, folder, how: `Java ${version} of /usr/lib/jvm/${name}` });
  }
  return found;
}
