import { defineDriver } from "../../sdk/index.ts";
import { keyOf } from "./_shared-install.ts";
import { pipEnv, PYTHON, VENV, withTool } from "./_shared-python.ts";

const QUIET = "--no-interaction --no-ansi";

/** Poetry in the directory's `.venv`: the dependencies, then the project itself. */
export default defineDriver({
  role: "package-manager",
  manager: "poetry",
  runtime: "python",
  install: (request) => ({
    ...VENV,
    fetch: withTool("poetry", request, [`poetry install --no-root ${QUIET}`]),
    scripts: withTool("poetry", { ...request, flags: [] }, [`poetry install --only-root ${QUIET}`])[0] ?? "",
    key: keyOf(request, ["poetry.lock", "pyproject.toml", "poetry.toml"]),
    env: {
      ...pipEnv(request.cache),
      POETRY_CACHE_DIR: `${request.cache}/poetry`,
      POETRY_VIRTUALENVS_IN_PROJECT: "true",
      POETRY_VIRTUALENVS_CREATE: "true",
    },
    needs: [PYTHON],
  }),
  examples: [
    {
      name: "at the version that wrote the lockfile",
      request: { lockfile: "poetry.lock", version: "1.8.2", names: ["poetry.lock"], cache: "/c", flags: [] },
      fetch:
        withTool("poetry", { lockfile: undefined, version: "1.8.2", names: [], cache: "/c", flags: [] }, [
          `poetry install --no-root ${QUIET}`,
        ])[0] ?? "",
    },
  ],
});
