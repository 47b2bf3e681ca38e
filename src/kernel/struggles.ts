import type { StruggleRule, StruggleSettings } from "../sdk/index.ts";
import { guardRules, judgeAlarm } from "./struggle.ts";

/** Where the settings are kept. `read` gives the same object until they change, and `problem` when they cannot be used. */
export interface StruggleStore {
  read(): Promise<{ readonly settings: StruggleSettings; readonly problem: string | undefined }>;
  change<T>(edit: (settings: StruggleSettings) => { settings: StruggleSettings; result: T }): Promise<T>;
}

/** What the door for agents needs of the rules. */
export interface Struggles {
  /** The rules that hold now: the same array until the settings change. */
  rules(): Promise<readonly StruggleRule[]>;
  /** Counts what became of a rule's alarm. The sentence says that it turned the rule down to `warn`. */
  judge(judged: { readonly rule: string; readonly outcome: "right" | "wrong" }): Promise<string | undefined>;
}

/** `failed` is told once why settings cannot be used, and again when it is for another reason. */
export function openStruggles(store: StruggleStore, failed: (message: string) => void): Struggles {
  let known: { readonly settings: StruggleSettings; readonly rules: readonly StruggleRule[] } | undefined;
  let told: string | undefined;
  return {
    async rules() {
      const { settings, problem } = await store.read();
      if (problem !== undefined && problem !== told) failed(problem);
      told = problem;
      if (known?.settings !== settings) known = { settings, rules: guardRules(settings) };
      return known.rules;
    },
    judge: (judged) =>
      store.change((settings) => {
        const { settings: next, sentence } = judgeAlarm(settings, judged);
        return { settings: next, result: sentence };
      }),
  };
}
