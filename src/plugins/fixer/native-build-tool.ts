import { defineFixer } from "../../sdk/index.ts";
import { plain } from "./_shared.ts";

/** What compilers and install scripts say when a system package is missing, and the Debian packages that bring it. */
const TOOLS: readonly { says: RegExp; what: string; debian: string }[] = [
  { says: /gyp ERR! stack Error: not found: make/, what: "make", debian: "build-essential" },
  { says: /(?:^|: )make: (?:command )?not found/m, what: "make", debian: "build-essential" },
  {
    says: /make(?:\[\d+\])?: (?:g\+\+|cc|gcc|c\+\+): No such file or directory/,
    what: "a C/C++ compiler",
    debian: "build-essential",
  },
  {
    says: /(?:^|: )(?:g\+\+|gcc|cc|c\+\+): (?:command )?not found/m,
    what: "a C/C++ compiler",
    debian: "build-essential",
  },
  {
    says: /error: command '[\w./-]*(?:gcc|cc|g\+\+)' failed: No such file|linker `cc` not found|"gcc": executable file not found/,
    what: "a C compiler",
    debian: "build-essential",
  },
  { says: /gyp ERR! find Python.*\n[\s\S]*Could not find any Python/, what: "Python", debian: "python3" },
  { says: /pg_config(?:: not found| executable not found| is required)/, what: "pg_config", debian: "libpq-dev" },
  { says: /libpq-fe\.h: No such file/, what: "libpq", debian: "libpq-dev" },
  {
    says: /mysql_config(?:: not found| not found)|Can not find valid pkg-config name/,
    what: "the MySQL client library",
    debian: "default-libmysqlclient-dev pkg-config",
  },
  { says: /Python\.h: No such file/, what: "Python's headers", debian: "python3-dev" },
  { says: /\bffi\.h: No such file/, what: "libffi", debian: "libffi-dev" },
  {
    says: /openssl\/\w+\.h: No such file|Could not find (?:directory of )?OpenSSL installation/,
    what: "OpenSSL's headers",
    debian: "libssl-dev pkg-config",
  },
  { says: /zlib\.h: No such file/, what: "zlib", debian: "zlib1g-dev" },
  {
    says: /jpeglib\.h: No such file|headers or library files could not be found for jpeg/,
    what: "libjpeg",
    debian: "libjpeg-dev zlib1g-dev",
  },
  {
    says: /libxml\/\w+\.h: No such file|make sure the libxml2 and libxslt development packages/,
    what: "libxml2 and libxslt",
    debian: "libxml2-dev libxslt1-dev",
  },
  { says: /sqlite3\.h: No such file/, what: "SQLite's headers", debian: "libsqlite3-dev" },
  { says: /\byaml\.h: No such file|yaml\.h not found/, what: "libyaml", debian: "libyaml-dev" },
  {
    says: /Package '?(?:cairo|pixman-1|pangocairo)'?,? (?:required by|was not found)|cairo\.h: No such file/,
    what: "cairo",
    debian: "libcairo2-dev libpango1.0-dev libjpeg-dev libgif-dev librsvg2-dev",
  },
  {
    says: /pkg-config: (?:command )?not found|The pkg-config command could not be (?:found|run)|Could not run `?pkg-config/,
    what: "pkg-config",
    debian: "pkg-config",
  },
  {
    says: /cmake: (?:command )?not found|is `cmake` not installed|CMake must be installed to build/,
    what: "CMake",
    debian: "cmake",
  },
  { says: /Could not find `protoc`/, what: "protoc", debian: "protobuf-compiler" },
];

/** A native dependency needs a system package. Nothing is installed system-wide without asking: the exact command is the question. */
export default defineFixer({
  repair(failure) {
    if (failure.phase !== "install" && failure.phase !== "build") return undefined;
    const output = plain(failure);
    const tool = TOOLS.find(({ says }) => says.test(output));
    if (!tool) return undefined;
    return {
      title: `${tool.what} is not installed`,
      because: tool.says.exec(output)?.[0].trim().split("\n")[0] ?? tool.what,
      actions: [
        {
          do: "ask",
          question: `The ${failure.phase} compiles native code and needs ${tool.what}, which this machine lacks. (Debian and Ubuntu; other systems name the package otherwise.)`,
          next: `sudo apt-get install -y ${tool.debian} && lodestar up`,
        },
      ],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "no compiler on PATH",
      failure: { phase: "build" },
      real: {
        files: { Makefile: "addon:\n\tg++ --version\n" },
        command: `MAKE=$(command -v make); PATH=\${TOOLS:-/nowhere} $MAKE addon`,
        needs: ["make", "g++"],
        cured: { env: { TOOLS: "/usr/local/bin:/usr/bin:/bin" } },
      },
      repairs: [{ do: "ask", next: "sudo apt-get install -y build-essential && lodestar up" }],
    },
    {
      name: "a header that is not there",
      failure: { phase: "build" },
      real: {
        files: {
          "a.c": `#include <libpq-fe.h>\nint main(void) { return 0; }\n`,
          "have/libpq-fe.h": "",
          "empty/none.h": "",
        },
        command: "LC_ALL=C gcc -nostdinc -isystem ${HEADERS:-empty} -c a.c",
        needs: ["gcc"],
        cured: { env: { HEADERS: "have" } },
      },
      repairs: [{ do: "ask", next: "sudo apt-get install -y libpq-dev && lodestar up" }],
    },
    {
      name: "psycopg2 from source",
      failure: { phase: "install", output: "    Error: pg_config executable not found.\n" },
      repairs: [{ do: "ask" }],
    },
    {
      name: "node-gyp without make",
      failure: { phase: "install", output: "npm error gyp ERR! stack Error: not found: make" },
      repairs: [{ do: "ask" }],
    },
    {
      name: "Rust's OpenSSL",
      failure: { phase: "build", output: "Could not find directory of OpenSSL installation, and this `-sys` crate…" },
      repairs: [{ do: "ask", next: "sudo apt-get install -y libssl-dev pkg-config && lodestar up" }],
    },
    {
      name: "counter: the code does not compile",
      failure: { phase: "build", output: "main.c:3:5: error: expected ';' before 'return'" },
      repairs: undefined,
    },
    {
      name: "counter: a header of the repo's own",
      failure: { phase: "build", output: "main.c:1:10: fatal error: shop.h: No such file or directory" },
      repairs: undefined,
    },
  ],
});
