import { defineDriver } from "../../sdk/index.ts";
import { keyOf, withFlags } from "./_shared-install.ts";

/** Gradle: the repo's wrapper where there is one, else the one on PATH. No daemon stays behind. */
export default defineDriver({
  role: "package-manager",
  manager: "gradle",
  runtime: "java",
  install: (request) => {
    const wrapped = request.names.includes("gradlew");
    const scripts = [
      "build.gradle",
      "build.gradle.kts",
      "settings.gradle",
      "settings.gradle.kts",
      "gradle.lockfile",
      "gradle.properties",
    ];
    return {
      fetch: withFlags(request, [`${wrapped ? "sh ./gradlew" : "gradle"} --no-daemon --console=plain dependencies`]),
      outputs: [".gradle"],
      key: keyOf(request, scripts),
      env: { GRADLE_USER_HOME: request.cache, GRADLE_OPTS: "-Dorg.gradle.daemon=false" },
      relocatable: true,
      needs: wrapped ? [] : [{ program: "gradle", next: "sudo apt-get install gradle" }],
      path: [],
    };
  },
  examples: [
    {
      name: "the wrapper",
      request: {
        lockfile: undefined,
        version: undefined,
        names: ["build.gradle.kts", "gradlew"],
        cache: "/c",
        flags: [],
      },
      fetch: "sh ./gradlew --no-daemon --console=plain dependencies",
    },
  ],
});
