import { defineDriver } from "../../sdk/index.ts";
import { keyOf } from "./_shared-install.ts";
import { pipEnv, PYTHON, VENV, withTool } from "./_shared-python.ts";

/** uv: wheels of the lockfile without the project; the project itself is built offline by `scripts`. */
export default defineDriver({
  role: "package-manager",
  manager: "uv",
  runtime: "python",
  install: (request) => {
    const sync = `uv sync --no-install-project${request.lockfile === undefined ? "" : " --frozen"}`;
    return {
      ...VENV,
      fetch: withTool("uv", request, [`${sync} --no-build`, sync]),
      scripts: withTool("uv", { ...request, flags: [] }, ["uv sync --frozen --offline --inexact"])[0] ?? "",
      key: keyOf(request, ["uv.lock", "pyproject.toml", "uv.toml"]),
      // Python comes from the runtime driver, and files are copied from the cache, never linked to it.
      env: {
        ...pipEnv(request.cache),
        UV_CACHE_DIR: `${request.cache}/uv`,
        UV_LINK_MODE: "copy",
        UV_PYTHON_DOWNLOADS: "never",
        UV_NO_PROGRESS: "1",
      },
      needs: [PYTHON],
    };
  },
  examples: [
    {
      name: "the lockfile as it is",
      request: {
        lockfile: "uv.lock",
        version: undefined,
        names: ["uv.lock", "pyproject.toml"],
        cache: "/c",
        flags: [],
      },
      fetch:
        withTool("uv", { lockfile: "uv.lock", version: undefined, names: [], cache: "/c", flags: [] }, [
          "uv sync --no-install-project --frozen --no-build",
        ])[0] ?? "",
    },
  ],
});
