import { hasFlag } from "./danger-rules.ts";
import type { Call, Finding } from "./danger-rules.ts";

/** Cloud, cluster, container and publishing commands that delete or show to the world what exists elsewhere. */
export function judgeCloud(call: Call): Finding[] {
  if (!PROGRAMS.has(call.program)) return [];
  if (hasFlag(call.args, "", "--dry-run", "--dryrun", "--help")) return [];
  // Values of options (`-m "delete x"`) are text: only short words count, without quotes and spaces.
  const line = [call.program, ...call.args.filter((arg) => !/\s/.test(arg))].join(" ").slice(0, 1000);
  for (const [pattern, rule, why] of COMMANDS)
    if (pattern.test(line)) return [{ decision: "ask", rule, part: call.raw, why }];
  const volumes =
    /^(docker(-compose)?|podman(-compose)?)\b.*\bdown\b/.test(line) && hasFlag(call.args, "v", "--volumes");
  return volumes ? [{ decision: "ask", rule: "containers", part: call.raw, why: VOLUMES }] : [];
}

const CLOUD = "deletes resources outside this machine";
const VOLUMES = "deletes volumes with what they hold";
const CONTAINERS = "removes containers or images with what they hold";
const PUBLISH = "publishes for others to see";
const FORGE = "changes what others see on the forge";

const COMMANDS: readonly [pattern: RegExp, rule: "cloud" | "containers" | "publish", why: string][] = [
  [/^aws\b.*\ss3\s+(rb\b|rm\b.*--recursive|sync\b.*--delete)/, "cloud", CLOUD],
  [/^aws\b.*\s(delete|terminate|deregister|purge|destroy|remove|revoke)(-[a-z-]+)?(\s|$)/, "cloud", CLOUD],
  [
    /^(gcloud|az|doctl|linode-cli|hcloud|scw|oci|ibmcloud|eksctl|exo|vultr-cli|flux|argocd|velero)\b.*\s(delete|purge|destroy|rm)(\s|$)/,
    "cloud",
    CLOUD,
  ],
  [
    /^(gsutil|mc|s3cmd|rclone)\b.*\s(rm\s+(-\w*r|--recursive)|rb|purge|delete|deletefile|del\s+.*--recursive)\b/,
    "cloud",
    CLOUD,
  ],
  [/^bq\b.*\srm\b/, "cloud", CLOUD],
  [/^(kubectl|oc|k)\b.*\s(delete|drain)\s/, "cloud", CLOUD],
  [/^helm\b.*\s(uninstall|delete)\s/, "cloud", CLOUD],
  [
    /^(terraform|tofu|terragrunt)\b.*\s(destroy|apply\b.*-auto-approve|apply\b.*-destroy|state\s+rm|workspace\s+delete)/,
    "cloud",
    CLOUD,
  ],
  [/^pulumi\s+(destroy|stack\s+rm|(up|update)\b.*\s(--yes|-y)\b)/, "cloud", CLOUD],
  [/^(cdk|sam|copilot|amplify|sst)\b.*\s(destroy|delete|remove)\b/, "cloud", CLOUD],
  [/^(serverless|sls)\s+remove\b/, "cloud", CLOUD],
  [/^(fly|flyctl)\b.*\s(destroy|delete|remove|detach)\b/, "cloud", CLOUD],
  [/^heroku\s+\S*:(destroy|delete|reset|remove)\b/, "cloud", CLOUD],
  [/^railway\s+(delete|down|remove)\b/, "cloud", CLOUD],
  [/^(vercel|now)\b.*\s(rm|remove)\s/, "cloud", CLOUD],
  [/^(netlify|ntl)\s+\S*:delete\b/, "cloud", CLOUD],
  [/^(wrangler)\b.*\s(delete|delete-\w+|\S+:delete)(\s|$)/, "cloud", CLOUD],
  [/^(firebase)\s+\S*:(delete|disable)\b/, "cloud", CLOUD],
  [
    /^(supabase|neonctl|neon|pscale|turso|atlas|render|nomad|consul|vault)\b.*\s(delete|destroy|purge|remove)\b/,
    "cloud",
    CLOUD,
  ],
  [/^(docker|podman)\s+(system|image)\s+prune\b.*\s(-[a-z]*a[a-z]*|--all|--volumes)(\s|$)/, "containers", CONTAINERS],
  [/^(docker|podman)\s+volume\s+(rm|prune)\b/, "containers", VOLUMES],
  [/^(docker|podman)\s+(container\s+)?rm\b.*\s(-[a-z]*[fv][a-z]*|--force|--volumes)(\s|$)/, "containers", CONTAINERS],
  [/^(docker|podman)(-compose|\s+compose)\b.*\srm\b.*\s-[a-z]*v/, "containers", VOLUMES],
  [/^(docker|podman)\s+(image\s+)?push\b/, "publish", PUBLISH],
  [/^(docker|podman)\s+(buildx\s+)?build\b.*\s--push\b/, "publish", PUBLISH],
  [
    /^(npm|pnpm|bun|yarn(\s+npm)?|lerna|changeset|cargo|poetry|uv|flit|hatch|pdm|vsce|ovsx|jsr|deno|rush|nx|helm)\s+(-\S+\s+)*publish\b/,
    "publish",
    PUBLISH,
  ],
  [/^(npm|pnpm|yarn)\s+(unpublish|deprecate|owner|access|dist-tag\s+(add|rm))\b/, "publish", PUBLISH],
  [/^cargo\s+(yank|owner)\b/, "publish", PUBLISH],
  [/^gem\s+(push|yank)\b/, "publish", PUBLISH],
  [/^twine\s+upload\b/, "publish", PUBLISH],
  [/^dotnet\s+nuget\s+(push|delete)\b/, "publish", PUBLISH],
  [/^mvn\b.*\s(deploy|release:perform)\b/, "publish", PUBLISH],
  [/^(gradle|gradlew)\b.*\spublish(?!ToMavenLocal)\w*/, "publish", PUBLISH],
  [/^(goreleaser)\s+release\b(?!.*--snapshot)/, "publish", PUBLISH],
  [/^helm\s+push\b/, "publish", PUBLISH],
  [/^gh\s+release\s+(create|delete|edit|upload)\b/, "publish", PUBLISH],
  [
    /^gh\s+(pr\s+merge|repo\s+(delete|archive|rename|edit|transfer)|secret\s+(set|delete)|issue\s+(delete|transfer)|ruleset\s+delete)\b/,
    "publish",
    FORGE,
  ],
  [/^gh\s+api\b.*\s(-X\s*|--method[= ])(DELETE|PUT)\b/i, "publish", FORGE],
  [/^glab\s+(mr\s+merge|repo\s+delete|release\s+(create|delete))\b/, "publish", FORGE],
];

/** The programs that the patterns begin with, so that others cost nothing. */
const PROGRAMS = new Set(
  (
    "aws gcloud az doctl linode-cli hcloud scw oci ibmcloud eksctl exo vultr-cli flux argocd velero gsutil mc s3cmd rclone bq kubectl " +
    "oc k helm terraform tofu terragrunt pulumi cdk sam copilot amplify sst serverless sls fly flyctl heroku railway vercel now " +
    "netlify ntl wrangler firebase supabase neonctl neon pscale turso atlas render nomad consul vault docker docker-compose podman " +
    "podman-compose npm pnpm bun yarn lerna changeset cargo poetry uv flit hatch pdm vsce ovsx jsr deno rush nx gem twine dotnet mvn " +
    "gradle gradlew goreleaser gh glab"
  ).split(" "),
);
