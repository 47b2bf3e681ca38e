import { testRun } from "./_builder.mjs";

const TALK = ["monologue"];
const CONTEXT = ["context-error"];
const API = ["api-error"];
const COST = ["rising-cost"];
const TOPICS = ["naming", "errors", "tests", "types", "layers", "caching", "logging", "queues", "retries", "limits"];

/** Talk without work, contexts and APIs that fail, and money that buys nothing. */
export const talkLoops = [
  loop("talk-same-words", TALK, "the same sentence again and again", (s) =>
    s.say("I will now fix the date parser and run the tests."),
  ),
  loop("talk-counted", TALK, "the same sentence with a number in it, while a program says to go on", (s, n) => {
    s.say(`Attempt ${n + 1}: I will now write the file src/date.ts with the corrected parser.`);
    s.prompt("Continue.", "program");
  }),
  loop("talk-thanks", TALK, "two agents thank each other", (s, n) => {
    s.as({ agent: n % 2 ? "gemini" : "claude-code" });
    s.say("Thank you, that is a great point! Let me know if there is anything else I can do.");
  }),
  loop("talk-many-words", TALK, "ever new plans, no tool", (s, n) => {
    for (const what of ["First I consider", "Then I weigh", "Besides I examine", "Finally I plan"])
      s.say(`${what} ${TOPICS[n % 10]} and how ${TOPICS[(n + 3) % 10]} depends on ${TOPICS[(n + 7) % 10]} here.`);
  }),
  loop("talk-told-to-go-on", TALK, "a person says to go on, and nothing is done", (s) => {
    s.say("Understood, I am going to implement the rate limiting for the login route now.");
    s.prompt("go on", "person");
  }),
  loop("talk-layout", TALK, "the same words with other marks and capitals", (s, n) =>
    s.say(
      [
        "I'm done: all tests pass!",
        "I'm done. All tests pass.",
        "**I'm done** - all tests pass",
        "i'm done, all tests pass",
      ][n % 4],
    ),
  ),
  loop("context-too-long", CONTEXT, "the prompt is too long each time", (s) =>
    s.error("API Error: 400 prompt is too long: 214431 tokens > 200000 maximum"),
  ),
  loop("context-compacted", CONTEXT, "compaction after compaction, one read in between", (s, n) => {
    s.compact();
    s.read(`logs/huge-${n}.log`);
  }),
  loop("context-resumed", CONTEXT, "a program resumes the session, and the context is full at once", (s, n) => {
    s.as({ session: `context-resumed-${n + 2}` });
    s.prompt(`Resume the task (${n}).`, "program");
    s.error("This model's maximum context length is 128000 tokens. However, your messages resulted in 131204 tokens.");
  }),
  loop("context-approved", CONTEXT, "an approval in between changes nothing", (s) => {
    s.error("input length exceeds the context window of this model");
    s.approve();
  }),
  loop("api-overloaded", API, "an overloaded API is asked every second", (s) =>
    s.error("API Error: 529 Overloaded", 1),
  ),
  loop("api-wrong-key", API, "a wrong key, however long it waits", (s, n) =>
    s.error("401 authentication_error: invalid x-api-key", 2 ** n),
  ),
  loop("api-prompted", API, "a program prompts again at once", (s) => {
    s.error("429 rate limit exceeded for requests per minute", 2);
    s.prompt("Please try again.", "program");
  }),
  loop("api-subagents", API, "each subagent loses its connection", (s, n) => {
    s.as({ subagent: `part-${n}` });
    s.error("Connection error: read ECONNRESET", 3);
  }),
  loop("api-no-credit", API, "no credit is left", (s) =>
    s.error("Your credit balance is too low to access the API.", 5),
  ),
  loop("cost-another-failure", COST, "each repair breaks another test; never more pass", (s, n) => {
    s.edit("src/cart.ts", `v${n}`, `v${n + 1}`);
    s.cost(0.4, 60_000);
    s.sh("npm test", testRun([[`case ${TOPICS[n % 10]}`, `AssertionError: expected ${n} to be ${n + 2}`]], 30));
  }),
  loop("cost-checks", COST, "Lodestar's check finds something else each time; never more pass", (s, n) => {
    s.edit("src/api.ts", `v${n}`, `v${n + 1}`);
    s.cost(0.9, 150_000);
    s.check("test", {
      passed: 50 - (n % 2),
      failed: 2 + (n % 2),
      output: ` ✖ ${TOPICS[n % 10]} works\n   TypeError: ${TOPICS[n % 10]} is not a function`,
    });
  }),
  loop("cost-wandering", COST, "five dollars a round, nothing edited, nothing checked", (s, n) => {
    for (const part of ["a", "b"]) s.read(`vendor/${part}-${n}.js`);
    s.cost(5.1, 900_000);
  }),
  loop("cost-tokens-only", COST, "a local model costs tokens only", (s, n) => {
    s.as({ agent: "opencode", model: "qwen3-coder" });
    s.edit("src/api.ts", `v${n}`, `v${n + 1}`);
    s.cost(0, 90_000);
    s.sh("pytest -q", {
      output: `FAILED tests/test_api.py::test_${TOPICS[n % 10]} - KeyError: '${TOPICS[n % 10]}'\n1 failed, 20 passed in 0.${n}2s`,
      exit: 1,
    });
  }),
];

function loop(name, expect, about, round) {
  return { name, options: { label: "loop", expect, about }, rounds: 12, round };
}
