import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { isPartOf, nameOf, sure } from "./_shared-manifests.ts";
import { rubyGems } from "./_shared-ruby.ts";

const SCRIPTS = ["app.rb", "main.rb", "server.rb", "bot.rb"];

/** Rails, any Rack application, Sinatra without config.ru, a plain script; and Sidekiq beside them. */
export default defineDetector({
  looksAt: ["Gemfile", "config.ru", ...SCRIPTS],
  async detect(dir) {
    if (!dir.has("Gemfile") && isPartOf(dir, ["Gemfile"])) return [];
    const gems = await rubyGems(dir);
    const web = (await rails(dir, gems)) ?? (await rack(dir, gems)) ?? (await script(dir, gems));
    const found: DetectionDraft[] = web ? [...web] : [];
    const sidekiq = gems.get("sidekiq");
    if (sidekiq && web)
      found.push({
        is: "service",
        dir: dir.dir,
        because: [sidekiq.because],
        confidence: sure(dir, 0.75),
        name: dir.dir === "." ? "sidekiq" : `${nameOf(dir, "")}-sidekiq`,
        kind: "worker",
        command: "bundle exec sidekiq",
        needs: ["redis"],
      });
    return found;
  },
  examples: [
    {
      name: "Rails with a worker",
      files: {
        Gemfile: 'gem "rails"\ngem "sidekiq"\n',
        "config/application.rb": "",
        "config.ru": "run Rails.application\n",
      },
      finds: [
        { is: "service", command: "bundle exec rails server -b 127.0.0.1 -p ${PORT:-3000}", portEnv: "PORT" },
        { is: "service", name: "sidekiq", kind: "worker", needs: ["redis"] },
      ],
    },
    {
      name: "Rack with the rackup command in its lockfile",
      files: {
        Gemfile: 'gem "sinatra"\n',
        "Gemfile.lock": "    rack (2.2.3)\n",
        "config.ru": "run Sinatra::Application\n",
      },
      finds: [{ is: "service", command: "bundle exec rackup config.ru -o 127.0.0.1 -p ${PORT:-9292}", port: 9292 }],
    },
    {
      name: "a script",
      files: { Gemfile: 'source "https://rubygems.org"\n', "app.rb": "puts 1\n" },
      finds: [{ is: "service", command: "ruby app.rb", kind: "job" }],
    },
    { name: "a gem", files: { Gemfile: "gemspec\n", "x.gemspec": "", "lib/x.rb": "" }, finds: [] },
  ],
});

type Gems = Awaited<ReturnType<typeof rubyGems>>;

async function rails(dir: DirView, gems: Gems): Promise<DetectionDraft[] | undefined> {
  const gem = gems.get("rails") ?? gems.get("railties");
  if (!gem || !dir.has("config/application.rb")) return undefined;
  const at = {
    dir: dir.dir,
    because: [await dir.at("config/application.rb"), gem.because],
    confidence: sure(dir, 0.95),
  };
  return [
    { is: "framework", ...at, framework: "rails", kind: "web", port: 3000, portFlag: "-p" },
    web(dir, { ...at, command: "bundle exec rails server -b 127.0.0.1 -p ${PORT:-3000}", port: 3000, env: true }),
  ];
}

async function rack(dir: DirView, gems: Gems): Promise<DetectionDraft[] | undefined> {
  if (!dir.has("config.ru")) return undefined;
  const lock = (await dir.text("Gemfile.lock")) ?? "";
  const rackup = gems.has("rackup") || /^ {4}(rackup|rack \([012]\.)/m.test(lock);
  const puma = gems.get("puma");
  const bundled = gems.size > 0 ? "bundle exec " : "";
  const command =
    puma && !rackup
      ? `${bundled}puma -b tcp://127.0.0.1:\${PORT:-9292}`
      : `${bundled}rackup config.ru -o 127.0.0.1 -p \${PORT:-9292}`;
  const because = [await dir.at("config.ru", "run "), ...(puma ? [puma.because] : [])];
  const confidence = sure(dir, rackup || puma ? 0.92 : 0.75);
  const framework = gems.has("sinatra") ? "sinatra" : gems.has("hanami") ? "hanami" : "rack";
  return [
    { is: "framework", dir: dir.dir, because, confidence, framework, kind: "web", port: 9292 },
    web(dir, { because, confidence, command, port: 9292, env: true }),
  ];
}

async function script(dir: DirView, gems: Gems): Promise<DetectionDraft[] | undefined> {
  const file = SCRIPTS.find((name) => dir.has(name));
  if (!file) return undefined;
  const text = (await dir.text(file)) ?? "";
  const command = gems.size > 0 ? `bundle exec ruby ${file}` : `ruby ${file}`;
  const because = [await dir.at(file)];
  if (/require ["']sinatra["']/.test(text))
    return [
      web(dir, {
        because,
        confidence: sure(dir, 0.88),
        command: `${command} -p \${PORT:-4567}`,
        port: 4567,
        env: true,
      }),
    ];
  const port = text.match(/(?:TCPServer\.new|WEBrick::HTTPServer\.new)\([^)]*?(\d{2,5})/)?.[1];
  if (port)
    return [
      web(dir, {
        because,
        confidence: sure(dir, 0.8),
        command,
        port: Number(port),
        env: /ENV.*["']PORT["']/.test(text),
      }),
    ];
  const kind = /^\s*loop do\b|\.run\b/m.test(text) ? "worker" : "job";
  return [
    { is: "service", dir: dir.dir, because, confidence: sure(dir, 0.8), name: nameOf(dir, "main"), kind, command },
  ];
}

function web(
  dir: DirView,
  from: { because: string[]; confidence: number; command: string; port: number; env: boolean },
): DetectionDraft {
  const { env, ...rest } = from;
  return {
    is: "service",
    dir: dir.dir,
    name: nameOf(dir, "web"),
    kind: "web",
    ...rest,
    ...(env && { portEnv: "PORT" }),
  };
}
