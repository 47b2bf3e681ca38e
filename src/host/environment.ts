import { execFile } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";

const FILES = ["/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io/serviceaccount"];
/** cgroup v2 and v1. */
const MEMORY_LIMITS = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
const GPU_PATIENCE = 2_000;

/** Looks at the machine: names of variables, a few files, memory, cores, GPUs. See `kernel/environment.ts` for the shape. */
export async function gatherFacts(env: NodeJS.ProcessEnv = process.env) {
  const [exists, procVersion, cgroup, memoryLimitBytes, gpus] = await Promise.all([
    filter(FILES),
    text("/proc/version"),
    text("/proc/1/cgroup"),
    memoryLimit(),
    listGpus(),
  ]);
  return {
    platform: process.platform,
    arch: process.arch,
    env: Object.keys(env).filter((name) => isSet(env[name])),
    exists,
    procVersion,
    cgroup,
    memoryBytes: totalmem(),
    memoryLimitBytes,
    cores: availableParallelism(),
    gpus,
  };
}

/** `CI=false` says that it is not. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "false" && value !== "0";
}

async function filter(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => path,
        () => undefined,
      ),
    ),
  );
  return found.filter((path) => path !== undefined);
}

function text(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

/** Undefined where there is no limit: cgroup v2 says `max`, v1 a number larger than any memory. */
async function memoryLimit(): Promise<number | undefined> {
  for (const path of MEMORY_LIMITS) {
    const limit = Number((await text(path))?.trim());
    if (Number.isSafeInteger(limit) && limit > 0 && limit < totalmem()) return limit;
  }
  return undefined;
}

/** One line per GPU; undefined when `nvidia-smi` is absent or fails: then nobody knows. */
function listGpus(): Promise<string[] | undefined> {
  return new Promise((resolve) => {
    execFile("nvidia-smi", ["-L"], { timeout: GPU_PATIENCE }, (error, stdout) => {
      const lines = stdout.split("\n").flatMap((line) => line.replace(/\s*\(UUID:.*$/, "").trim() || []);
      resolve(error ? undefined : lines);
    });
  });
}
