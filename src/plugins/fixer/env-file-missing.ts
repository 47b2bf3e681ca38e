import { defineFixer, EMPTY_PLAN, type Failure } from "../../sdk/index.ts";
import { inside, plain } from "./_shared.ts";

/** `node --env-file=.env` ends with exit 9 and this line when there is no such file. */
const SAYS = /^node: (\.env[\w.-]*): not found$/m;

/**
 * The start command reads a file of variables that is not kept in git: it is written with the values of the example file.
 * Variables that are set already (ports, databases, generated values) win over it.
 */
export default defineFixer({
  repair(failure) {
    const name = SAYS.exec(plain(failure))?.[1];
    if (name === undefined || failure.names.includes(name)) return undefined;
    return {
      title: `wrote ${name} from the example`,
      because: `the command reads ${name}, and there is none`,
      actions: [{ do: "write", path: inside(failure.dir, name), content: contentOf(failure) }],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "node --env-file",
      failure: {
        phase: "start",
        dir: ".",
        plan: {
          ...EMPTY_PLAN,
          env: [
            {
              name: "MODE",
              dir: ".",
              class: "placeholder",
              example: "plain",
              required: false,
              because: [".env.sample:1"],
            },
            { name: "API_KEY", dir: ".", class: "secret", required: true, because: [".env.sample:2"] },
          ],
        },
      },
      real: {
        files: { "app.js": "" },
        command: "node --env-file=.env app.js",
        cured: { files: { ".env": "MODE=plain\n" } },
      },
      repairs: [{ do: "write", path: ".env", content: "MODE=plain\n" }],
    },
    {
      name: "counter: another file is missing",
      failure: { phase: "start", output: "Error: ENOENT: no such file or directory, open '.env'" },
      repairs: undefined,
    },
    {
      name: "counter: it is there",
      failure: { phase: "start", names: [".env"], output: "node: .env: not found" },
      repairs: undefined,
    },
  ],
});

function contentOf({ plan, dir }: Failure): string {
  return plan.env
    .filter((one) => one.dir === dir && one.class !== "secret" && one.example !== undefined)
    .map(
      (one) => `${one.name}=${/^[\w./:@+-]*$/.test(one.example ?? "") ? one.example : JSON.stringify(one.example)}\n`,
    )
    .join("");
}
