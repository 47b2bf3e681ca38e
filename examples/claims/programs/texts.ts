import type { Program } from "../corpus.ts";

export default {
  name: "texts",
  language: "py",
  files: {
    "texts/__init__.py": "",
    "texts/words.py": `import re


def words(text):
    """The words of a text in small letters, without marks around them."""
    return re.findall(r"[a-z']+", text.lower())
`,
    "texts/count.py": `from texts.words import words


def most_common(text, limit=3):
    """The most frequent words, the first in the alphabet first where they are equally frequent."""
    counts = {}
    for word in words(text):
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts, key=lambda word: (-counts[word], word))[:limit]


def unique(text):
    """How many different words there are."""
    return len(set(words(text)))
`,
    "texts/chars.py": `def is_palindrome(text):
    """Whether the letters read the same backwards."""
    letters = [char for char in text.lower() if char.isalnum()]
    return letters == letters[::-1]
`,
  },
  suites: {
    words: {
      imports: "from texts.words import words",
      cases: [
        ["lowers case", `words("Big Cat")`, `["big", "cat"]`],
        ["drops marks", `words("stop, go!")`, `["stop", "go"]`],
        ["keeps an apostrophe", `words("don't")`, `["don't"]`],
      ],
    },
    count: {
      imports: "from texts.count import most_common, unique",
      cases: [
        ["finds the most frequent", `most_common("b a b", 1)`, `["b"]`],
        ["takes three", `most_common("a b c d")`, `["a", "b", "c"]`],
        ["counts different words", `unique("a b a")`, `2`],
        ["is empty for nothing", `most_common("")`, `[]`],
      ],
    },
    chars: {
      imports: "from texts.chars import is_palindrome",
      cases: [
        ["finds a palindrome", `is_palindrome("level")`, `True`],
        ["finds none", `is_palindrome("house")`, `False`],
        ["sees a difference of digits", `is_palindrome("a1a2")`, `False`],
      ],
    },
  },
  defects: [
    {
      name: "most_common",
      file: "texts/count.py",
      suite: "count",
      good: `(-counts[word], word)`,
      bad: `-counts[word]`,
      wrong: `(-counts[word], len(word))`,
      breaks: `(0 - (counts[word] > 5), word)`,
      same: `(0 - counts[word], word)`,
      symptom: "returns equally frequent words in any order",
      cure: "equally frequent words are sorted",
      witness: ["sorts equals", `most_common("pear lime kiwi date")`, `["date", "kiwi", "lime"]`],
      bland: ["knows a single word", `most_common("one")`, `["one"]`],
      got: `["pear", "lime", "kiwi"]`,
    },
    {
      name: "is_palindrome",
      file: "texts/chars.py",
      suite: "chars",
      good: `if char.isalnum()`,
      bad: `if char`,
      wrong: `if char != " "`,
      breaks: `if char.isalpha()`,
      same: `if not (not char.isalnum())`,
      symptom: "stumbles over spaces and marks",
      cure: "spaces and marks do not count",
      witness: ["ignores marks", `is_palindrome("Madam, I'm Adam")`, `True`],
      bland: ["finds a short one", `is_palindrome("aa")`, `True`],
      got: `False`,
    },
  ],
} satisfies Program;
