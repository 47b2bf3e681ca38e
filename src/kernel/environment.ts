/**
 * What the host can see of the machine without running anything foreign; undefined where it could not look. Names of variables
 * only: their values stay where they are, except the few that name a place.
 */
export interface EnvironmentFacts {
  readonly platform: string;
  readonly arch: string;
  /** Names of the environment variables that are set and not empty. */
  readonly env: readonly string[];
  /** Which of `/.dockerenv`, `/run/.containerenv`, `/var/run/secrets/kubernetes.io/serviceaccount`, `/content` … exist. */
  readonly exists: readonly string[];
  /** Text of /proc/version and /proc/1/cgroup. */
  readonly procVersion: string | undefined;
  readonly cgroup: string | undefined;
  readonly memoryBytes: number;
  /** The container's own limit, where one is set. */
  readonly memoryLimitBytes: number | undefined;
  readonly cores: number;
  /** Lines of `nvidia-smi -L`; empty when it runs and finds none, undefined when there is no such program. */
  readonly gpus: readonly string[] | undefined;
}

export type EnvironmentKind =
  | "local"
  | "ci"
  | "docker"
  | "kubernetes"
  | "wsl"
  | "codespaces"
  | "gitpod"
  | "colab"
  | "kaggle"
  | "replit";

export interface Environment {
  readonly kind: EnvironmentKind;
  readonly os: "linux" | "macos" | "windows" | "other";
  readonly arch: string;
  /** Everything that is true of it, the innermost first: CI in Docker is both. */
  readonly also: readonly EnvironmentKind[];
  readonly memoryBytes: number;
  readonly cores: number;
  /** `null`: nobody knows. */
  readonly gpu: readonly string[] | null;
  readonly because: readonly string[];
}

interface Sign {
  readonly kind: EnvironmentKind;
  readonly seen: (facts: EnvironmentFacts) => string | undefined;
}

/** From the most telling to the least: a Codespace is a container too, and CI often runs in Docker. */
const SIGNS: readonly Sign[] = [
  { kind: "codespaces", seen: variable("CODESPACES", "GITHUB_CODESPACE_TOKEN") },
  { kind: "gitpod", seen: variable("GITPOD_WORKSPACE_ID") },
  { kind: "colab", seen: variable("COLAB_RELEASE_TAG", "COLAB_GPU", "COLAB_JUPYTER_IP") },
  { kind: "kaggle", seen: variable("KAGGLE_KERNEL_RUN_TYPE") },
  { kind: "replit", seen: variable("REPL_ID", "REPLIT_DEV_DOMAIN") },
  {
    kind: "ci",
    seen: variable(
      "GITHUB_ACTIONS",
      "GITLAB_CI",
      "CIRCLECI",
      "BUILDKITE",
      "JENKINS_URL",
      "TEAMCITY_VERSION",
      "TRAVIS",
      "TF_BUILD",
      "BITBUCKET_BUILD_NUMBER",
      "DRONE",
      "CODEBUILD_BUILD_ID",
      "CI",
    ),
  },
  {
    kind: "kubernetes",
    seen: (facts) =>
      variable("KUBERNETES_SERVICE_HOST")(facts) ??
      file("/var/run/secrets/kubernetes.io/serviceaccount")(facts) ??
      said("/proc/1/cgroup", facts.cgroup, /kubepods/),
  },
  {
    kind: "docker",
    seen: (facts) =>
      file("/.dockerenv")(facts) ??
      file("/run/.containerenv")(facts) ??
      said("/proc/1/cgroup", facts.cgroup, /\/(docker|containerd|lxc|libpod|podman)[/-]/),
  },
  {
    kind: "wsl",
    seen: (facts) => variable("WSL_DISTRO_NAME")(facts) ?? said("/proc/version", facts.procVersion, /microsoft|wsl/i),
  },
];

/** Pure: what the facts say, with the places that say it. Nothing seen is `local`. */
export function describeEnvironment(facts: EnvironmentFacts): Environment {
  const seen = SIGNS.flatMap(({ kind, seen }) => {
    const because = seen(facts);
    return because === undefined ? [] : [{ kind, because }];
  });
  const limit = facts.memoryLimitBytes;
  return {
    kind: seen[0]?.kind ?? "local",
    os: OS[facts.platform] ?? "other",
    arch: facts.arch,
    also: seen.slice(1).map((one) => one.kind),
    memoryBytes: limit !== undefined && limit > 0 ? Math.min(limit, facts.memoryBytes) : facts.memoryBytes,
    cores: facts.cores,
    gpu: facts.gpus ? [...facts.gpus] : null,
    because: seen.map((one) => one.because),
  };
}

const OS: Readonly<Record<string, Environment["os"]>> = { linux: "linux", darwin: "macos", win32: "windows" };

function variable(...names: readonly string[]): (facts: EnvironmentFacts) => string | undefined {
  return (facts) => {
    const name = names.find((one) => facts.env.includes(one));
    return name === undefined ? undefined : `env ${name}`;
  };
}

function file(path: string): (facts: EnvironmentFacts) => string | undefined {
  return (facts) => (facts.exists.includes(path) ? path : undefined);
}

function said(path: string, text: string | undefined, pattern: RegExp): string | undefined {
  return text !== undefined && pattern.test(text) ? path : undefined;
}
