import { defineDriver } from "../../sdk/index.ts";
import { keyOf } from "./_shared-install.ts";
import { pipEnv, PYTHON, VENV, withTool } from "./_shared-python.ts";

/** PDM in the directory's `.venv`; the project itself is installed by `scripts`. */
export default defineDriver({
  role: "package-manager",
  manager: "pdm",
  runtime: "python",
  install: (request) => ({
    ...VENV,
    fetch: withTool("pdm", request, [
      request.lockfile === undefined ? "pdm install --no-lock --no-self" : "pdm sync --no-self",
    ]),
    scripts:
      withTool("pdm", { ...request, flags: [] }, [
        request.lockfile === undefined ? "pdm install --no-lock" : "pdm sync",
      ])[0] ?? "",
    key: keyOf(request, ["pdm.lock", "pyproject.toml", "pdm.toml"]),
    env: {
      ...pipEnv(request.cache),
      PDM_CACHE_DIR: `${request.cache}/pdm`,
      PDM_CHECK_UPDATE: "0",
      PDM_NON_INTERACTIVE: "1",
    },
    needs: [PYTHON],
  }),
  examples: [
    {
      name: "the lockfile as it is",
      request: { lockfile: "pdm.lock", version: undefined, names: ["pdm.lock"], cache: "/c", flags: [] },
      fetch:
        withTool("pdm", { lockfile: undefined, version: undefined, names: [], cache: "/c", flags: [] }, [
          "pdm sync --no-self",
        ])[0] ?? "",
    },
  ],
});
