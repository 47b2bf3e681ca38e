import type { Program } from "../corpus.ts";

export default {
  name: "runs",
  language: "rs",
  files: {
    "src/lib.rs": `//! Run lengths: what repeats is written once with its count.

pub mod pack;
pub mod unpack;
`,
    "src/pack.rs": `/// Each letter after the number of times that it repeats.
pub fn pack(text: &str) -> String {
    let mut packed = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut count = 1;
        while letters.peek() == Some(&letter) {
            letters.next();
            count += 1;
        }
        if count > 1 {
            packed.push_str(&count.to_string());
        }
        packed.push(letter);
    }
    packed
}
`,
    "src/unpack.rs": `/// The text that was packed.
pub fn unpack(packed: &str) -> String {
    let mut text = String::new();
    let mut count = 0;
    for letter in packed.chars() {
        if let Some(digit) = letter.to_digit(10) {
            count = count * 10 + digit;
        } else {
            text.push_str(&letter.to_string().repeat(count.max(1) as usize));
            count = 0;
        }
    }
    text
}
`,
  },
  suites: {
    pack: {
      imports: "use program::pack::pack;",
      cases: [
        ["packs nothing", `pack("")`, `""`],
        ["packs a pair", `pack("aa")`, `"2a"`],
        ["packs many", `pack("aaaaaaaaaaaa")`, `"12a"`],
        ["packs repeats twice", `pack("aabb")`, `"2a2b"`],
      ],
    },
    unpack: {
      imports: "use program::unpack::unpack;",
      cases: [
        ["unpacks a pair", `unpack("2a")`, `"aa"`],
        ["unpacks plain letters", `unpack("xyz")`, `"xyz"`],
        ["starts each count anew", `unpack("2ab")`, `"aab"`],
        ["unpacks nothing", `unpack("")`, `""`],
      ],
    },
  },
  defects: [
    {
      name: "pack",
      file: "src/pack.rs",
      suite: "pack",
      good: `        if count > 1 {
            packed.push_str(&count.to_string());
        }
        packed.push(letter);`,
      bad: `        packed.push_str(&count.to_string());
        packed.push(letter);`,
      wrong: `        if count > 0 {
            packed.push_str(&count.to_string());
        }
        packed.push(letter);`,
      breaks: `        if count > 9 {
            packed.push_str(&count.to_string());
        }
        packed.push(letter);`,
      same: `        let shown = if count == 1 { String::new() } else { count.to_string() };
        packed.push_str(&shown);
        packed.push(letter);`,
      symptom: "writes a count of one",
      cure: "a single letter has no count",
      witness: ["writes single letters alone", `pack("xyz")`, `"xyz"`],
      bland: ["packs three", `pack("ccc")`, `"3c"`],
      got: `"1x1y1z"`,
    },
    {
      name: "unpack",
      file: "src/unpack.rs",
      suite: "unpack",
      good: `count = count * 10 + digit;`,
      bad: `count = digit;`,
      wrong: `count = count + digit;`,
      breaks: `count = if count == 0 { digit + 1 } else { count * 10 + digit - 10 };`,
      same: `count = digit + 10 * count;`,
      symptom: "reads only the last digit of a count",
      cure: "counts may have several digits",
      witness: ["unpacks twelve", `unpack("12a").len()`, `12`],
      bland: ["unpacks one letter", `unpack("q")`, `"q"`],
      got: `2`,
    },
  ],
} satisfies Program;
