import { defineDriver } from "../../sdk/index.ts";
import { keyOf, withFlags } from "./_shared-install.ts";

/**
 * Maven: the repo's wrapper where there is one (it pins the version), else the one on PATH. `go-offline` resolves what
 * plugins and dependencies declare; what a plugin asks for only while it runs comes with the build.
 */
export default defineDriver({
  role: "package-manager",
  manager: "maven",
  runtime: "java",
  install: (request) => {
    const wrapped = request.names.includes("mvnw");
    return {
      fetch: withFlags(request, [`${wrapped ? "sh ./mvnw" : "mvn"} -B -ntp dependency:go-offline`]),
      outputs: [],
      key: keyOf(request, ["pom.xml"]),
      env: { MAVEN_ARGS: `-Dmaven.repo.local=${request.cache}/repository`, MAVEN_USER_HOME: request.cache },
      relocatable: true,
      needs: wrapped ? [] : [{ program: "mvn", next: "sudo apt-get install maven" }],
      path: [],
    };
  },
  examples: [
    {
      name: "the wrapper",
      request: { lockfile: undefined, version: undefined, names: ["pom.xml", "mvnw"], cache: "/c", flags: [] },
      fetch: "sh ./mvnw -B -ntp dependency:go-offline",
    },
    {
      name: "the one on PATH",
      request: { lockfile: undefined, version: undefined, names: ["pom.xml"], cache: "/c", flags: [] },
      fetch: "mvn -B -ntp dependency:go-offline",
    },
  ],
});
