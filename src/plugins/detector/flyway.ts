import { defineDetector } from "../../sdk/index.ts";
import { sure } from "./_shared-manifests.ts";
import { wrapper } from "./_shared-jvm.ts";

const FOLDER = "src/main/resources/db/migration";

/** Flyway or Liquibase in a JVM project. Spring Boot applies them itself when it starts: then there is no command to run. */
export default defineDetector({
  looksAt: ["pom.xml", "build.gradle", "build.gradle.kts"],
  async detect(dir) {
    const prefix = dir.dir === "." ? 0 : dir.dir.length + 1;
    const file = dir
      .below()
      .map((path) => path.slice(prefix))
      .find((path) => path.startsWith(`${FOLDER}/V`) && path.endsWith(".sql"));
    const build = ["pom.xml", "build.gradle", "build.gradle.kts"].find((name) => dir.has(name)) ?? "";
    const text = (await dir.text(build)) ?? "";
    const plugin = build === "pom.xml" ? text.includes("flyway-maven-plugin") : /org\.flywaydb\.flyway\b/.test(text);
    if (!file || !plugin || text.includes("spring-boot")) return [];
    const tool =
      build === "pom.xml"
        ? `${await wrapper(dir, "mvnw", "mvn")} -B flyway:migrate`
        : `${await wrapper(dir, "gradlew", "gradle")} flywayMigrate`;
    const because = [await dir.at(build, "flyway"), await dir.at(file)];
    return [{ is: "migration", dir: dir.dir, because, confidence: sure(dir, 0.8), tool: "flyway", command: tool }];
  },
  examples: [
    {
      name: "the Maven plugin",
      files: { "pom.xml": "<artifactId>flyway-maven-plugin</artifactId>", [`${FOLDER}/V1__a.sql`]: "" },
      finds: [{ is: "migration", tool: "flyway", command: "mvn -B flyway:migrate" }],
    },
    {
      name: "Spring Boot migrates by itself",
      files: { "pom.xml": "spring-boot flyway-core flyway-maven-plugin", [`${FOLDER}/V1__a.sql`]: "" },
      finds: [],
    },
  ],
});
