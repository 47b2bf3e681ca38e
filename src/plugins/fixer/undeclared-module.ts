import { defineFixer, type Action, type Failure } from "../../sdk/index.ts";
import { declaredPackages, distance, inside, installOf } from "./_shared.ts";
import { missingModule, type MissingModule } from "./_shared-modules.ts";

/**
 * Packages that are known well enough to be installed on the word of an import, with a major version that exists. A name
 * that is not here may be misspelt, invented or somebody's trap, and is asked about.
 */
const NPM: Readonly<Record<string, string>> = {
  axios: "^1",
  bcryptjs: "^2",
  chalk: "^5",
  commander: "^12",
  "cookie-parser": "^1",
  cors: "^2",
  "date-fns": "^3",
  dayjs: "^1",
  dotenv: "^16",
  ejs: "^3",
  express: "^4",
  "express-session": "^1",
  fastify: "^4",
  helmet: "^7",
  hono: "^4",
  ioredis: "^5",
  jsonwebtoken: "^9",
  knex: "^3",
  koa: "^2",
  lodash: "^4",
  moment: "^2",
  mongoose: "^8",
  morgan: "^1",
  multer: "^1",
  mysql2: "^3",
  nanoid: "^5",
  "node-fetch": "^3",
  nodemailer: "^6",
  pg: "^8",
  pino: "^9",
  react: "^18",
  "react-dom": "^18",
  redis: "^4",
  rxjs: "^7",
  semver: "^7",
  "socket.io": "^4",
  uuid: "^9",
  winston: "^3",
  ws: "^8",
  yaml: "^2",
  yargs: "^17",
  zod: "^3",
};
const PYTHON = new Set(
  "beautifulsoup4 click django fastapi flask gunicorn httpx jinja2 numpy pandas pillow pydantic pyjwt python-dateutil python-dotenv pyyaml redis requests rich sqlalchemy starlette uvicorn".split(
    " ",
  ),
);

/** The repo's own code imports a package that nothing declares: it is declared as a proposed change, and installed beside it. */
export default defineFixer({
  repair(failure) {
    const module = missingModule(failure);
    if (!module || module.declared || module.ownCode !== true) return undefined;
    const add = addition(failure, module);
    return {
      title: add ? `installed ${module.name}, which nothing declares` : `${module.name} is imported and not declared`,
      because: module.line,
      actions: add ?? [question(failure, module)],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "express without a declaration",
      failure: {},
      real: {
        files: {
          "package.json": `{\n  "name": "shop",\n  "dependencies": {\n    "pg": "^8"\n  }\n}\n`,
          "server.js": `require("express");`,
        },
        command: "node server.js",
        cured: { files: { "node_modules/express/index.js": "" } },
      },
      repairs: [
        { do: "run", command: "npm install --no-save --ignore-scripts express@^4", dir: ".", network: "registries" },
        {
          do: "edit",
          path: "package.json",
          find: `"dependencies": {`,
          replace: `"dependencies": {\n    "express": "^4",`,
        },
      ],
    },
    {
      name: "a misspelt package is a question, never an install",
      failure: {},
      real: {
        files: {
          "package.json": JSON.stringify({ type: "module", dependencies: {} }),
          "server.js": `import "expres";`,
        },
        command: "node server.js",
        cured: { files: { "server.js": "" } },
      },
      repairs: [{ do: "ask", question: "The code imports expres, which nothing declares. Did you mean express?" }],
    },
    {
      name: "a Python package",
      failure: {},
      real: {
        files: { "requirements.txt": "lodestar-thing==1.0\n", "app.py": "import flask_that_is_not_here\n" },
        command: "python3 app.py",
        needs: ["python3"],
        cured: { files: { "flask_that_is_not_here.py": "" } },
      },
      repairs: [{ do: "ask" }],
    },
    {
      name: "a well-known Python package",
      failure: {
        manifests: { "requirements.txt": "gunicorn==22.0\n" },
        output: `Traceback (most recent call last):\n  File "/app/app.py", line 1, in <module>\n    import flask\nModuleNotFoundError: No module named 'flask'`,
      },
      repairs: [
        { do: "run", command: "python -m pip install flask", network: "registries" },
        { do: "edit", path: "requirements.txt", find: "gunicorn==22.0", replace: "flask\ngunicorn==22.0" },
      ],
    },
    {
      name: "counter: a dependency imports it, so the install is not whole",
      failure: {
        manifests: { "package.json": "{}" },
        output: "Error: Cannot find module 'lodash'\nRequire stack:\n- /app/node_modules/thing/index.js",
      },
      repairs: undefined,
    },
    {
      name: "counter: an alias of the bundler is no package",
      failure: {
        phase: "build",
        output: `Error: Failed to resolve import "@/components/Nav" from "src/App.tsx". Does the file exist?`,
      },
      repairs: undefined,
    },
    {
      name: "counter: a file",
      failure: { output: "Error: Cannot find module '/app/dist/server.js'" },
      repairs: undefined,
    },
  ],
});

/** What installs and declares it; undefined when its name is not beyond doubt, or the manager always writes its files. */
function addition(failure: Failure, module: MissingModule): Action[] | undefined {
  const { dir, manager } = installOf(failure) ?? { dir: failure.dir, manager: "npm" };
  if (module.ecosystem === "python") return pythonAddition(failure, module.name);
  const range = NPM[module.name];
  const path = inside(failure.dir, "package.json");
  const find = /"dependencies":\s*\{(?=\s*")/.exec(failure.manifests[path] ?? "")?.[0];
  if (range === undefined || manager !== "npm" || find === undefined) return undefined;
  return [
    {
      do: "run",
      command: `npm install --no-save --ignore-scripts ${module.name}@${range}`,
      dir,
      network: "registries",
    },
    { do: "edit", path, find, replace: `${find}\n    "${module.name}": "${range}",` },
  ];
}

function pythonAddition(failure: Failure, name: string): Action[] | undefined {
  const path = inside(failure.dir, "requirements.txt");
  const find = failure.manifests[path]?.split("\n").find((line) => /^[A-Za-z]/.test(line));
  if (!PYTHON.has(name) || find === undefined) return undefined;
  return [
    { do: "run", command: `python -m pip install ${name}`, dir: failure.dir, network: "registries" },
    { do: "edit", path, find, replace: `${name}\n${find}` },
  ];
}

function question(failure: Failure, { ecosystem, name }: MissingModule): Action {
  const known = ecosystem === "npm" ? [...Object.keys(NPM), ...declaredPackages(failure)] : [...PYTHON];
  const meant = known.find((other) => other !== name && distance(other, name) <= (name.length > 5 ? 2 : 1));
  const manager = ecosystem === "python" ? "pip" : (installOf(failure)?.manager ?? "npm");
  const add = { npm: "npm install", pnpm: "pnpm add", yarn: "yarn add", bun: "bun add", pip: "pip install" }[manager];
  return {
    do: "ask",
    question: `The code imports ${name}, which nothing declares.${meant === undefined ? "" : ` Did you mean ${meant}?`}`,
    next:
      meant === undefined
        ? `if ${name} is the package you mean: ${add ?? `${manager} add`} ${name}, then: lodestar up`
        : `correct the import, or add ${name} if it is what you mean, then: lodestar up`,
  };
}
