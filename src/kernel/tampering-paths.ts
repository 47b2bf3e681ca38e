/** Names a test runner picks up by itself: the file holds test cases. */
const CASES: readonly RegExp[] = [
  /[._-](?:test|tests|spec|specs|e2e|cy|unit|it)\.(?:[cm]?[jt]sx?|vue|svelte|coffee|dart)$/i,
  /(?:^|\/)(?:__tests__|__test__)\/(?!.*__snapshots__).*\.[cm]?[jt]sx?$/,
  /(?:^|\/)(?:test|tests|spec|specs|e2e|cypress\/e2e)\/(?:.*\/)?[^/]+\.[cm]?[jt]sx?$/i,
  /(?:^|\/)test_[^/]*\.py$/,
  /(?:^|\/)(?:[^/]+_test|tests?)\.py$/,
  /_test\.(?:go|rb|exs|dart|cc|cpp|c)$/,
  /_spec\.(?:rb|lua|cr)$/,
  /(?:^|\/)test_[^/]*\.rb$/,
  /(?:^|\/)tests\/(?:.*\/)?[^/]+\.rs$/,
  /(?:^|\/)(?:tests|test)\.rs$/,
  /Test\.php$/,
  /(?:^|\/)tests\/.*\.phpt$/,
  /(?:Tests?|IT|Spec|TestCase)\.(?:java|kt|kts|scala|groovy|swift|cs|fs|vb)$/,
  /(?:^|\/)src\/(?:test|androidTest|integrationTest|\w+Test)\/.*\.(?:java|kt|scala|groovy)$/,
  /(?:^|\/)(?:[\w.]+\.)?Tests?\/.*\.(?:cs|swift)$/,
  /\.(?:feature|bats)$/,
];

/** Helpers, snapshots and fixtures: what tests read. */
const HELPERS: readonly RegExp[] = [
  /(?:^|\/)(?:__tests__|__mocks__|__snapshots__|__fixtures__|testdata|test_data|test-data|test-utils|test_helpers)\//,
  /(?:^|\/)(?:test|tests|spec|specs|e2e|cypress|Tests)\//,
  /(?:^|\/)src\/(?:test|androidTest|integrationTest)\//,
  /(?:^|\/)conftest\.py$/,
  /\.(?:snap|snapshot|ambr|snap\.new|approved\.\w+|golden)$/,
  /-snapshots\/[^/]+\.(?:png|txt)$/,
  /(?:^|\/)(?:(?:vitest|jest|mocha|test|karma|bun)[.-])?(?:setup|global-?setup|global-?teardown|setup-?tests?|test-?setup)\.[cm]?[jt]sx?$/i,
  /(?:^|\/)(?:jest|vitest|mocha|bun|karma|test)[.-](?:setup|teardown|global)[\w.-]*\.[cm]?[jt]sx?$/i,
];

/** Whether a file holds tests, or what they read: helpers, snapshots, fixtures. `text` finds tests inside a Rust source file. */
export function isTestFile(path: string, text?: string): boolean {
  if (holdsCases(path)) return true;
  if (HELPERS.some((pattern) => pattern.test(path))) return !isSourceOfTestTool(path);
  return path.endsWith(".rs") && text !== undefined && /#\[cfg\(test\)\]/.test(text);
}

/** Whether a runner picks the file up by its name. */
export function holdsCases(path: string): boolean {
  return CASES.some((pattern) => pattern.test(path)) && !isFixture(path) && !isSnapshot(path);
}

export function isFixture(path: string): boolean {
  return /(?:^|\/)(?:__fixtures__|fixtures?|testdata|test_data|test-data|__mocks__|mocks|resources)\//i.test(path);
}

export function isSnapshot(path: string): boolean {
  return (
    /(?:^|\/)__(?:image_)?snapshots__\//.test(path) ||
    /\.(?:snap|snapshot|ambr|golden)$|\.approved\.\w+$|-snapshots\/[^/]+$/.test(path)
  );
}

const RUNNER_CONFIG: readonly RegExp[] = [
  /(?:^|\/)(?:jest|vitest|vite|mocha|ava|karma|playwright|cypress|wdio|nightwatch|jasmine|stryker|web-test-runner|wtr)(?:[.-][\w-]+)*\.(?:conf|config|workspace)\.[cm]?[jt]s(?:on)?$/,
  /(?:^|\/)(?:vitest\.workspace\.\w+|cypress\.json|karma\.conf\.\w+|\.mocharc[\w.]*|\.taprc[\w.]*|\.jasmine\.json|jasmine\.json|\.c8rc[\w.]*|\.nycrc[\w.]*|nyc\.config\.\w+|c8\.config\.\w+|bunfig\.toml|deno\.jsonc?|codecov\.ya?ml|\.codecov\.ya?ml)$/,
  /(?:^|\/)(?:pytest\.ini|\.pytest\.ini|tox\.ini|setup\.cfg|noxfile\.py|\.coveragerc|mypy\.ini|\.mypy\.ini|pyrightconfig\.json|\.?ruff\.toml|\.flake8|\.pylintrc|pylintrc)$/,
  /^conftest\.py$/,
  /(?:^|\/)(?:\.rspec|\.rubocop\.yml|phpunit\.xml[\w.]*|phpstan\.neon[\w.]*|psalm\.xml|\.php-cs-fixer[\w.]*)$/,
  /(?:^|\/)(?:\.cargo\/config(?:\.toml)?|clippy\.toml|\.clippy\.toml|nextest\.toml|\.config\/nextest\.toml|\.golangci\.(?:ya?ml|toml|json)|\.credo\.exs)$/,
  /(?:^|\/)tsconfig[\w.-]*\.json$/,
  /(?:^|\/)(?:\.eslintrc[\w.]*|\.eslintignore|eslint\.config\.\w+|\.oxlintrc\.jsonc?|oxlint\.config\.\w+|biome\.jsonc?|\.prettierrc[\w.]*|\.prettierignore|prettier\.config\.\w+|tslint\.json|\.stylelintrc[\w.]*|stylelint\.config\.\w+|knip\.jsonc?)$/,
  /^\.github\/workflows\/[^/]+\.ya?ml$/,
  /(?:^|\/)(?:\.gitlab-ci\.ya?ml|azure-pipelines\.ya?ml|bitbucket-pipelines\.ya?ml|\.travis\.yml|Jenkinsfile|\.drone\.yml|\.pre-commit-config\.yaml|lefthook\.ya?ml)$|^\.circleci\/config\.yml$|^\.husky\/[^/_][^/]*$|^\.gitlab\/.*\.ya?ml$/,
  /^(?:.*\/)?\.lodestar\//,
  /(?:^|\/)(?:turbo\.json|nx\.json|project\.json|Makefile|makefile|GNUmakefile|[\w.-]+\.mk|justfile|Justfile|\.justfile|Taskfile(?:\.dist)?\.ya?ml|lerna\.json|wireit\.json)$/,
];

/** Whether a file decides how checks run. `package.json` and `pyproject.toml` are mixed: their keys decide, not their name. */
export function isRunnerConfig(path: string): boolean {
  return RUNNER_CONFIG.some((pattern) => pattern.test(path));
}

export function isCiFile(path: string): boolean {
  return /^\.github\/workflows\/|(?:^|\/)(?:\.gitlab-ci|azure-pipelines|bitbucket-pipelines|\.travis|\.drone)\.ya?ml$|^\.circleci\/|^\.gitlab\/|(?:^|\/)Jenkinsfile$/.test(
    path,
  );
}

/** The name a test file shares with what it tests: `slug` for `test/slug.test.ts`, `src/slug.ts`, `test_slug.py`, `SlugTest.java`. */
export function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.[cm]?\w+$/, "");
  return name
    .replace(/[._-](?:test|tests|spec|specs|e2e|cy|unit)$/i, "")
    .replace(/^test_/, "")
    .replace(/(?:Tests?|Spec|IT|TestCase)$/, "")
    .toLowerCase();
}

/** Folders of a test tool's own sources, as in `packages/spec/src`, are not told from tests by their path: only clear ones are. */
function isSourceOfTestTool(path: string): boolean {
  return /(?:^|\/)(?:spec|specs|e2e)\/.*\.(?:md|ya?ml|json)$/.test(path) && !isFixture(path);
}
