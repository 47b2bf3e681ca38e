import type { Program } from "../corpus.ts";

export default {
  name: "numerals",
  language: "py",
  files: {
    "numerals/__init__.py": "",
    "numerals/tables.py": `ROMAN = [
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"),
    (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
    (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
]
`,
    "numerals/roman.py": `from numerals.tables import ROMAN


def to_roman(number):
    """A number from 1 to 3999 in Roman numerals."""
    letters = ""
    for value, sign in ROMAN:
        while number >= value:
            letters += sign
            number -= value
    return letters


def from_roman(text):
    """The number that Roman numerals of any case mean."""
    rest = text.upper()
    number = 0
    for value, sign in ROMAN:
        while rest.startswith(sign):
            number += value
            rest = rest[len(sign):]
    return number
`,
    "numerals/ordinals.py": `def ordinal(number):
    """A number with its English ending."""
    if number % 100 in (11, 12, 13):
        return str(number) + "th"
    return str(number) + {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
`,
  },
  suites: {
    roman: {
      imports: "from numerals.roman import from_roman, to_roman",
      cases: [
        ["writes six", `to_roman(6)`, `"VI"`],
        ["writes a year", `to_roman(2026)`, `"MMXXVI"`],
        ["writes nine", `to_roman(9)`, `"IX"`],
        ["reads a year", `from_roman("MCMXC")`, `1990`],
        ["reads small letters", `from_roman("xii")`, `12`],
      ],
    },
    ordinals: {
      imports: "from numerals.ordinals import ordinal",
      cases: [
        ["ends one", `ordinal(1)`, `"1st"`],
        ["ends twenty two", `ordinal(22)`, `"22nd"`],
        ["ends seven", `ordinal(7)`, `"7th"`],
        ["ends three", `ordinal(3)`, `"3rd"`],
      ],
    },
  },
  defects: [
    {
      name: "to_roman",
      file: "numerals/tables.py",
      suite: "roman",
      good: `(4, "IV"), (1, "I")`,
      bad: `(1, "I")`,
      wrong: `(3, "III"), (1, "I")`,
      breaks: `(4, "IV"), (2, "II")`,
      same: `(4, "I" + "V"), (1, "I")`,
      symptom: "writes IIII for four",
      cure: "four is written as IV",
      witness: ["writes four", `to_roman(4)`, `"IV"`],
      bland: ["writes ten", `to_roman(10)`, `"X"`],
      got: `"IIII"`,
    },
    {
      name: "ordinal",
      file: "numerals/ordinals.py",
      suite: "ordinals",
      good: `number % 100 in (11, 12, 13)`,
      bad: `number in (11, 12, 13)`,
      wrong: `number % 1000 in (11, 12, 13)`,
      breaks: `number > 10`,
      same: `11 <= number % 100 <= 13`,
      symptom: "says 2111st",
      cure: "numbers that end in 11, 12 or 13 get th",
      witness: ["ends two thousand one hundred and eleven", `ordinal(2111)`, `"2111th"`],
      bland: ["ends five", `ordinal(5)`, `"5th"`],
      got: `"2111st"`,
    },
  ],
} satisfies Program;
