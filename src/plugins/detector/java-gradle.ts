import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { capture, isPartOf, nameOf, sure, languageDetections } from "./_shared-manifests.ts";
import { javaVersions, jvmLanguage, springPort, wrapper } from "./_shared-jvm.ts";

const SETTINGS = ["settings.gradle", "settings.gradle.kts"];
const BUILDS = ["build.gradle", "build.gradle.kts"];

/** Gradle builds and their subprojects: the Java version, the program, its tests. */
export default defineDetector({
  looksAt: [...SETTINGS, ...BUILDS],
  async detect(dir) {
    const file = BUILDS.find((name) => dir.has(name)) ?? SETTINGS.find((name) => dir.has(name));
    if (!file) return [];
    const text = (await dir.text(file)) ?? "";
    const asked = await javaVersions(dir);
    const stated = capture(
      text,
      /JavaLanguageVersion\.of\(\s*(\d+)|sourceCompatibility\s*=?\s*['"]?(?:JavaVersion\.VERSION_)?([\d._]+)|jvmToolchain\(\s*(\d+)/,
    );
    if (stated) asked.push({ version: stated.replaceAll("_", "."), because: await dir.at(file, stated) });
    const at = { dir: dir.dir, because: [await dir.at(file)], confidence: sure(dir, 0.95) };
    const found = languageDetections(dir, {
      language: jvmLanguage(dir),
      runtime: "java",
      asked,
      proof: await dir.at(file),
      confidence: 0.95,
    });
    if (!isPartOf(dir, SETTINGS)) {
      const version = capture(await dir.text("gradle/wrapper/gradle-wrapper.properties"), /gradle-([\d.]+)-/);
      found.push({ is: "package-manager", ...at, name: "gradle", ...(version && { version }) });
      found.push(...(await workspaceOf(dir)));
    }
    const gradle = await wrapper(dir, "gradlew", "gradle");
    found.push(...(await program(dir, { file, text, gradle })));
    const test = dir.below().find((path) => /src\/test\/.+\.(java|kt|groovy)$/.test(path));
    if (test && !isPartOf(dir, SETTINGS))
      found.push({
        is: "check",
        ...at,
        because: [await dir.root.at(test)],
        kind: "test",
        name: "gradle test",
        command: `${gradle} test`,
      });
    return found;
  },
  examples: [
    {
      name: "Spring Boot",
      files: {
        "build.gradle":
          "plugins {\n id 'org.springframework.boot' version '3.1.3'\n}\njava { sourceCompatibility = '17' }\n",
        gradlew: "#!/bin/sh\n",
        "gradle/wrapper/gradle-wrapper.properties": "distributionUrl=https\\://x/gradle-8.2.1-bin.zip\n",
      },
      finds: [
        { is: "language", runtime: { name: "java", version: "17" }, because: ["build.gradle:4"] },
        { is: "package-manager", name: "gradle", version: "8.2.1" },
        {
          is: "service",
          command: "java -jar $(ls build/libs/*.jar | grep -v plain)",
          port: 8080,
          portEnv: "SERVER_PORT",
        },
        { is: "command", role: "build", command: "./gradlew assemble" },
      ],
    },
    {
      name: "an application in a subproject",
      files: {
        "settings.gradle.kts": 'include("app")\n',
        "app/build.gradle.kts": "plugins {\n    application\n}\n",
        "app/src/main/kotlin/App.kt": "fun main() {}\n",
      },
      finds: [
        { is: "workspace", tool: "gradle", members: ["app"] },
        { is: "language", dir: "app", language: "kotlin" },
        { is: "service", dir: "app", command: "gradle run", kind: "job" },
      ],
    },
    { name: "no Gradle", files: { "gradle.md": "" }, finds: [] },
  ],
});

async function workspaceOf(dir: DirView): Promise<DetectionDraft[]> {
  const settings = SETTINGS.find((name) => dir.has(name));
  const text = settings && (await dir.text(settings));
  if (!settings || !text) return [];
  const names = [...text.matchAll(/^\s*include\b[ (]([^\n]*)/gm)].flatMap((line) =>
    [...(line[1] ?? "").matchAll(/["']:?([\w:./-]+)["']/g)].map((match) => (match[1] ?? "").replaceAll(":", "/")),
  );
  const members = names
    .filter((path) => BUILDS.some((name) => dir.sub(path).has(name)))
    .map((path) => dir.sub(path).dir);
  if (members.length === 0) return [];
  return [
    {
      is: "workspace",
      dir: dir.dir,
      because: [await dir.at(settings, "include")],
      confidence: 0.95,
      tool: "gradle",
      members,
    },
  ];
}

/** What runs: Spring Boot's jar, a jar with a main class in its manifest, else the application plugin. */
async function program(dir: DirView, build: { file: string; text: string; gradle: string }): Promise<DetectionDraft[]> {
  const { file, text, gradle } = build;
  const spring = /org\.springframework\.boot|libs\.plugins\.spring\.?boot/.test(text);
  const jar = spring || /Main-Class/.test(text);
  const application = text.match(
    /\bid\s*\(?['"]application['"]|^\s*application\s*$|apply plugin: ['"]application['"]/m,
  )?.[0];
  const server = spring || /io\.ktor|io\.javalin|micronaut|quarkus|com\.sparkjava|vertx/.test(text);
  if (!jar && !application) return [];
  const port = await springPort(dir);
  const because = [await dir.at(file, spring ? "spring" : jar ? "Main-Class" : application?.trim())];
  const at = { dir: dir.dir, because, confidence: sure(dir, spring ? 0.92 : 0.78) };
  const number = port?.port ?? 8080;
  const found: DetectionDraft[] = [
    { is: "command", ...at, role: "build", command: `${gradle} assemble` },
    {
      is: "service",
      ...at,
      name: nameOf(dir, server ? "api" : "main"),
      kind: server ? "api" : "job",
      command: jar ? "java -jar $(ls build/libs/*.jar | grep -v plain)" : `${gradle} run`,
      ...(server && { port: number }),
      ...(spring && { portEnv: "SERVER_PORT" }),
    },
  ];
  if (spring) found.push({ is: "framework", ...at, framework: "spring-boot", kind: "api", port: number });
  return found;
}
