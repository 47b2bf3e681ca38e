import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { capture, isPartOf, nameOf, sure, languageDetections } from "./_shared-manifests.ts";
import { javaVersions, jvmLanguage, springPort, wrapper } from "./_shared-jvm.ts";

/** Maven projects and their modules: the Java version, the runnable jar, its tests. */
export default defineDetector({
  looksAt: ["pom.xml"],
  async detect(dir) {
    const pom = (await dir.text("pom.xml")) ?? "";
    const asked = await javaVersions(dir);
    const stated = capture(pom, /<(?:java\.version|maven\.compiler\.(?:release|source)|release)>\s*([\d.]+)\s*</);
    if (stated) asked.push({ version: stated, because: await dir.at("pom.xml", `>${stated}<`) });
    const at = { dir: dir.dir, because: [await dir.at("pom.xml")], confidence: sure(dir, 0.95) };
    const found = languageDetections(dir, {
      language: jvmLanguage(dir),
      runtime: "java",
      asked,
      proof: await dir.at("pom.xml"),
      confidence: 0.95,
    });
    const modules = [...pom.matchAll(/<module>\s*([^<]+?)\s*<\/module>/g)].map((match) => match[1] ?? "");
    if (!isPartOf(dir, ["pom.xml"])) found.push({ is: "package-manager", ...at, name: "maven" });
    if (modules.length > 0) {
      const members = modules.filter((path) => dir.sub(path).has("pom.xml")).map((path) => dir.sub(path).dir);
      found.push({ is: "workspace", ...at, because: [await dir.at("pom.xml", "<modules>")], tool: "maven", members });
    }
    const mvn = await wrapper(dir, "mvnw", "mvn");
    found.push(...(await program(dir, pom, mvn)));
    const test = dir.below().find((path) => /src\/test\/.+\.(java|kt)$/.test(path));
    if (test && !isPartOf(dir, ["pom.xml"]))
      found.push({
        is: "check",
        ...at,
        because: [await dir.root.at(test)],
        kind: "test",
        name: "mvn test",
        command: `${mvn} -B test`,
      });
    return found;
  },
  examples: [
    {
      name: "Spring Boot with a wrapper",
      files: {
        "pom.xml":
          "<project>\n<properties><java.version>17</java.version></properties>\n<build><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></build></project>",
        mvnw: "#!/bin/sh\n",
        "src/main/resources/application.properties": "server.port=8081\n",
        "src/test/java/AppTest.java": "",
      },
      finds: [
        { is: "language", language: "java", runtime: { name: "java", version: "17" }, because: ["pom.xml:2"] },
        { is: "package-manager", name: "maven" },
        { is: "service", command: "java -jar target/*.jar", port: 8081, portEnv: "SERVER_PORT" },
        { is: "command", role: "build", command: "./mvnw -B -DskipTests package" },
        { is: "check", kind: "test", command: "./mvnw -B test" },
      ],
    },
    { name: "a library", files: { "pom.xml": "<project/>" }, finds: [{ is: "package-manager", name: "maven" }] },
    { name: "no Maven", files: { "build.xml": "<project/>" }, finds: [] },
  ],
});

/** A jar that runs: Spring Boot's, or one whose manifest names a main class. */
async function program(dir: DirView, pom: string, mvn: string): Promise<DetectionDraft[]> {
  const spring = pom.includes("spring-boot-maven-plugin") || /spring-boot-starter-(web|webflux)</.test(pom);
  const main = pom.includes("<mainClass>");
  if ((!spring && !main) || /<packaging>\s*(pom|war)\s*</.test(pom)) return [];
  const port = await springPort(dir);
  const because = [await dir.at("pom.xml", spring ? "spring-boot" : "<mainClass>"), ...(port ? [port.because] : [])];
  const at = { dir: dir.dir, because, confidence: sure(dir, spring ? 0.92 : 0.75) };
  const target = isPartOf(dir, ["pom.xml"]) ? " -am -pl :" + (artifactOf(pom) ?? nameOf(dir, "")) + " -f .." : "";
  const found: DetectionDraft[] = [
    { is: "command", ...at, role: "build", command: `${mvn} -B -DskipTests${target} package` },
    {
      is: "service",
      ...at,
      name: artifactOf(pom) ?? nameOf(dir, "main"),
      kind: spring ? "api" : "job",
      command: "java -jar target/*.jar",
      ...(spring && { port: port?.port ?? 8080, portEnv: "SERVER_PORT" }),
    },
  ];
  if (spring) found.push({ is: "framework", ...at, framework: "spring-boot", kind: "api", port: port?.port ?? 8080 });
  return found;
}

/** The project's own artifactId, not the one of its parent or of a dependency. */
function artifactOf(pom: string): string | undefined {
  const own = pom
    .replace(/<parent>[^]*?<\/parent>/, "")
    .replace(/<(dependencies|build|dependencyManagement|profiles)>[^]*/, "");
  return capture(own, /<artifactId>\s*([^<\s]+)\s*</);
}
