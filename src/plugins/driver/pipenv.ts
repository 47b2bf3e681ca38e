import { defineDriver } from "../../sdk/index.ts";
import { keyOf } from "./_shared-install.ts";
import { pipEnv, PYTHON, VENV, withTool } from "./_shared-python.ts";

/** Pipenv in the directory's `.venv`; without a lockfile none is written. */
export default defineDriver({
  role: "package-manager",
  manager: "pipenv",
  runtime: "python",
  install: (request) => ({
    ...VENV,
    fetch: withTool("pipenv", request, [
      request.lockfile === undefined ? "pipenv install --dev --skip-lock" : "pipenv sync --dev",
    ]),
    key: keyOf(request, ["Pipfile.lock", "Pipfile"]),
    env: {
      ...pipEnv(request.cache),
      PIPENV_CACHE_DIR: `${request.cache}/pipenv`,
      PIPENV_VENV_IN_PROJECT: "1",
      PIPENV_NOSPIN: "1",
      PIPENV_YES: "1",
    },
    needs: [PYTHON],
  }),
  examples: [
    {
      name: "the lockfile as it is",
      request: { lockfile: "Pipfile.lock", version: undefined, names: ["Pipfile"], cache: "/c", flags: [] },
      fetch:
        withTool("pipenv", { lockfile: undefined, version: undefined, names: [], cache: "/c", flags: [] }, [
          "pipenv sync --dev",
        ])[0] ?? "",
    },
  ],
});
