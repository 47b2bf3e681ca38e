import { defineDetector, type DirView } from "../../sdk/index.ts";
import { capture, nameOf } from "./_shared-manifests.ts";
import { MANIFESTS } from "./_shared-sources.ts";

/** Folders that hold the site when the top does not, in the order in which hosts look for them. */
const FOLDERS = ["public", "site", "www", "static", "htdocs", "src"];

/** A site of plain files: an index.html (or a Staticfile that says where it is) and no program that would serve it. */
export default defineDetector({
  looksAt: ["index.html", "index.htm", "Staticfile"],
  async detect(dir) {
    const site = await siteOf(dir);
    if (!site || isServedByCode(dir)) return [];
    return [
      { is: "language", dir: dir.dir, language: "html", because: [site.because], confidence: 0.8 },
      {
        is: "service",
        dir: dir.dir,
        name: nameOf(dir, "site"),
        kind: "static",
        command: serve(site),
        port: 8080,
        portEnv: "PORT",
        because: [site.because],
        confidence: 0.85,
      },
    ];
  },
  examples: [
    {
      name: "an index.html",
      files: { "index.html": "<h1>hi</h1>", "style.css": "" },
      finds: [
        { is: "language", language: "html" },
        { is: "service", kind: "static", port: 8080, because: ["index.html"] },
      ],
    },
    {
      name: "a Staticfile names the folder",
      files: { Staticfile: "root: dist\n", "dist/index.html": "" },
      finds: [{ is: "service", dir: ".", kind: "static", because: ["Staticfile:1"] }],
    },
    { name: "the page of a package that builds it", files: { "package.json": "{}", "index.html": "" }, finds: [] },
    { name: "a page inside a project", files: { "go.mod": "module x", "web/index.html": "" }, finds: [] },
  ],
});

interface Site {
  readonly folder: string;
  /** What is not there is answered with the first page, whose script knows what to show. */
  readonly fallback: boolean;
  readonly because: string;
}

async function siteOf(dir: DirView): Promise<Site | undefined> {
  if (dir.has("Staticfile")) {
    const text = (await dir.text("Staticfile")) ?? "";
    const root = capture(text, /^\s*root:\s*["']?([^\s"'#]+)/m);
    const folder =
      root ?? ["", ...FOLDERS.map((name) => `${name}/`)].find((name) => dir.has(`${name}index.html`)) ?? ".";
    return {
      folder: folder.replace(/\/$/, "") || ".",
      fallback: /^\s*(index_fallback:\s*true|pushstate:\s*enabled)\b/m.test(text),
      because: await dir.at("Staticfile", root ? "root:" : undefined),
    };
  }
  const page = ["index.html", "index.htm"].find((name) => dir.has(name));
  return page === undefined ? undefined : { folder: ".", fallback: false, because: await dir.at(page) };
}

/** A page inside any project, or beside a manifest, belongs to that project. */
function isServedByCode(dir: DirView): boolean {
  let view = dir;
  for (;;) {
    if (MANIFESTS.some((name) => view.has(name)) || view.names.some((name) => /\.(php|csproj|cabal)$/.test(name)))
      return true;
    if (view.dir === ".") return false;
    view = view.sub("..");
    if (view.has("index.html")) return true;
  }
}

/** Node is there wherever Lodestar runs, so the smallest server that is written in it needs nothing else. */
function serve({ folder, fallback }: Site): string {
  const types = '{html:"text/html",css:"text/css",js:"text/javascript",svg:"image/svg+xml",json:"application/json"}';
  const program = [
    'const{createServer:c}=require("node:http"),{readFile:r}=require("node:fs"),p=require("node:path")',
    `const root=p.resolve(${JSON.stringify(folder)}),types=${types}`,
    'c((q,s)=>{let u="/";try{u=decodeURI(new URL(q.url,"http://x").pathname)}catch{}',
    "let f=p.join(root,p.normalize(u))",
    'if(!p.extname(f))f=p.join(f,"index.html")',
    'const a=(e,b)=>{s.writeHead(e?404:200,{"content-type":types[p.extname(f).slice(1)]??"application/octet-stream"});s.end(e?"not found":b)}',
    fallback ? 'r(f,(e,b)=>e?r(f=p.join(root,"index.html"),a):a(e,b))' : "r(f,a)",
    "}).listen(process.env.PORT||8080)",
  ].join(";");
  return `node -e '${program}'`;
}
