import type { Failure } from "../../sdk/index.ts";
import { declaredPackages, packageOf, plain } from "./_shared.ts";

/** A module that could not be loaded. `ownCode`: the repo's own code imports it, and not a dependency; undefined when nobody says who does. */
export interface MissingModule {
  readonly ecosystem: "npm" | "python";
  /** The npm package or the Python distribution. */
  readonly name: string;
  readonly ownCode: boolean | undefined;
  readonly declared: boolean;
  readonly line: string;
}

/** Python distributions whose name differs from the module that they bring. */
const DISTRIBUTIONS: Readonly<Record<string, string>> = {
  bs4: "beautifulsoup4",
  corsheaders: "django-cors-headers",
  cv2: "opencv-python",
  dateutil: "python-dateutil",
  dotenv: "python-dotenv",
  environ: "django-environ",
  jose: "python-jose",
  jwt: "pyjwt",
  multipart: "python-multipart",
  MySQLdb: "mysqlclient",
  PIL: "pillow",
  rest_framework: "djangorestframework",
  sklearn: "scikit-learn",
  yaml: "pyyaml",
};

/** Node's own modules, which a bundler for browsers misses, and folders that `baseUrl` and aliases make look like packages. */
const NO_PACKAGE = new Set(
  "assert buffer child_process crypto events fs http https net os path process querystring stream tls url util zlib app assets client components config features hooks lib models pages server services shared src store styles test tests types utils".split(
    " ",
  ),
);

const NODE_SAYS = [
  /Cannot find package '([^']+)' imported from ([^\n]+)/,
  /Cannot find module '([^'./][^']*)'\n(?:Require stack:\n- ([^\n]+))?/,
  /^([^\s(]+)\(\d+,\d+\): error TS2307: Cannot find module '([^'./][^']*)'/m,
  /Failed to resolve import "([^"./][^"]*)" from "([^"]+)"/,
  /Module not found: (?:Error: )?Can't resolve '([^'./][^']*)' in '([^']+)'/,
];

/** The module that the output says is missing; undefined for files, aliases, built-ins and what is no package name. */
export function missingModule(failure: Failure): MissingModule | undefined {
  const output = plain(failure);
  return missingPackage(failure, output) ?? missingPython(failure, output);
}

function missingPackage(failure: Failure, output: string): MissingModule | undefined {
  for (const says of NODE_SAYS) {
    const match = says.exec(output);
    if (!match) continue;
    const swapped = says.source.includes("TS2307");
    const name = packageOf((swapped ? match[2] : match[1]) ?? "");
    const importer = swapped ? match[1] : match[2];
    if (name === undefined || NO_PACKAGE.has(name)) return undefined;
    return {
      ecosystem: "npm",
      name,
      ownCode: importer === undefined ? undefined : !importer.includes("node_modules/"),
      declared: declaredPackages(failure).has(name),
      line: match[0].split("\n")[0] ?? match[0],
    };
  }
  return undefined;
}

function missingPython(failure: Failure, output: string): MissingModule | undefined {
  const match = /ModuleNotFoundError: No module named '([A-Za-z_]\w*)(?:\.[\w.]+)?'/.exec(output);
  if (!match?.[1]) return undefined;
  const name = DISTRIBUTIONS[match[1]] ?? match[1];
  const importer = [...output.slice(0, match.index).matchAll(/File "([^"]+)", line \d+/g)].at(-1)?.[1];
  return {
    ecosystem: "python",
    name,
    ownCode: importer === undefined ? undefined : !/site-packages|dist-packages|lib\/python|^</.test(importer),
    declared: declaredPython(failure, name),
    line: match[0],
  };
}

function declaredPython(failure: Failure, name: string): boolean {
  const texts = Object.entries(failure.manifests)
    .filter(([path]) => /(?:requirements[\w-]*\.txt|pyproject\.toml|Pipfile)$/.test(path))
    .map(([, text]) => text.toLowerCase().replaceAll("_", "-"));
  const wanted = name.toLowerCase().replaceAll("_", "-");
  return texts.some((text) => new RegExp(`(?:^|["'\\s])${wanted}(?:-binary)?(?:$|[^\\w-])`, "m").test(text));
}
