import { defineDriver } from "../../sdk/index.ts";
import { findRuntime, versionOf, type RuntimeSpec } from "./_shared-runtime.ts";

const spec: RuntimeSpec = {
  title: "Ruby",
  program: "ruby",
  mise: "ruby",
  installs: [
    ".rbenv/versions/*/bin",
    ".rvm/rubies/*/bin",
    ".local/share/mise/installs/ruby/*/bin",
    ".asdf/installs/ruby/*/bin",
  ],
  next: (asked) =>
    asked === undefined ? "sudo apt-get install ruby-full" : `rbenv install ${versionOf(asked) ?? asked}`,
};

/** Ruby on PATH, of rbenv, rvm, mise or asdf. */
export default defineDriver({
  role: "runtime",
  runtime: "ruby",
  find: (asked, tools) => findRuntime(spec, asked, tools),
  examples: [
    {
      name: "on PATH",
      asked: "~> 3.2",
      have: { "/usr/bin/ruby": "ruby 3.3.1 (2024-04-23 revision c56cd86388) [x86_64-linux]" },
      answer: { ok: true, version: "3.3.1" },
    },
    {
      name: "of rbenv",
      asked: "ruby-3.2.2",
      have: { "/usr/bin/ruby": "ruby 3.3.1", "/home/me/.rbenv/versions/3.2.2/bin/ruby": "ruby 3.2.2" },
      answer: { ok: true, version: "3.2.2", path: ["/home/me/.rbenv/versions/3.2.2/bin"] },
    },
    {
      name: "too old",
      asked: ">= 3.2",
      have: { "/usr/bin/ruby": "ruby 2.7.8" },
      answer: { ok: false, next: "rbenv install 3.2" },
    },
  ],
});
