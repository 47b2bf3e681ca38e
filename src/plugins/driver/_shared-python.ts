import type { InstallRequest, ProgramNeed } from "../../sdk/index.ts";

/** Every Python manager works in the `.venv` of the directory. */
export const VENV = {
  outputs: [".venv"],
  // The scripts in its `bin` name the venv's absolute path.
  relocatable: false,
  path: [".venv/bin"],
};

export const PYTHON: ProgramNeed = {
  program: "python3",
  next: "sudo apt-get install python3 python3-venv",
};

/** `PYTHON` is the one that the runtime driver chose. A venv hides itself from git. */
export const MAKE_VENV = `{ test -x .venv/bin/python || "\${PYTHON:-python3}" -m venv .venv; } && echo '*' > .venv/.gitignore`;

export function pipEnv(cache: string): Record<string, string> {
  return {
    PIP_CACHE_DIR: `${cache}/pip`,
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_NO_INPUT: "1",
    // pip's own five retries of each package make a machine without a network wait for half a minute.
    PIP_RETRIES: "2",
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

/**
 * A manager that is itself a Python package: the one on PATH, else its own venv inside `.venv`, by pip. The commands
 * follow in the same shell.
 */
export function withTool(name: string, request: InstallRequest, commands: readonly string[]): string[] {
  const exact = /^\d+(?:\.\d+)+$/.test(request.version ?? "") ? `==${request.version}` : "";
  const own = `.venv/.tools/${name}`;
  const bring = `"\${PYTHON:-python3}" -m venv ${own} && ${own}/bin/python -m pip install --quiet '${name}${exact}'`;
  const find = `${MAKE_VENV} && { command -v ${name} >/dev/null || test -x ${own}/bin/${name} || { ${bring}; }; }`;
  return commands.map(
    (command) => `${find} && PATH="$PATH:$PWD/${own}/bin" && ${[command, ...request.flags].join(" ")}`,
  );
}
