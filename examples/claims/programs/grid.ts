import type { Program } from "../corpus.ts";

export default {
  name: "grid",
  language: "rs",
  files: {
    "src/lib.rs": `//! Points of a grid and the ways between them.

pub mod point;
pub mod bounds;
`,
    "src/point.rs": `/// Steps between two points when only straight ones are allowed.
pub fn distance(a: (i32, i32), b: (i32, i32)) -> i32 {
    (a.0 - b.0).abs() + (a.1 - b.1).abs()
}

/// The point after a turn to the right around the origin.
pub fn turn(point: (i32, i32)) -> (i32, i32) {
    (point.1, -point.0)
}
`,
    "src/bounds.rs": `use crate::point::distance;

/// Whether a point lies in a grid of this width and height.
pub fn inside(point: (i32, i32), width: i32, height: i32) -> bool {
    point.0 >= 0 && point.1 >= 0 && point.0 < width && point.1 < height
}

/// The nearest of the points, the first of equally near ones.
pub fn nearest(from: (i32, i32), points: &[(i32, i32)]) -> Option<(i32, i32)> {
    points.iter().copied().min_by_key(|point| distance(from, *point))
}
`,
  },
  suites: {
    point: {
      imports: "use program::point::{distance, turn};",
      cases: [
        ["is nothing between equals", `distance((1, 2), (1, 2))`, `0`],
        ["counts both ways", `distance((4, 6), (1, 2))`, `7`],
        ["counts one way", `distance((4, 1), (1, 1))`, `3`],
        ["turns right", `turn((0, 1))`, `(1, 0)`],
      ],
    },
    bounds: {
      imports: "use program::bounds::{inside, nearest};",
      cases: [
        ["knows the middle", `inside((1, 1), 3, 3)`, `true`],
        ["refuses what is below zero", `inside((-1, 1), 3, 3)`, `false`],
        ["knows the corner", `inside((2, 2), 3, 3)`, `true`],
        ["finds the nearest", `nearest((9, 9), &[(5, 5), (8, 8)])`, `Some((8, 8))`],
        ["finds nothing in nothing", `nearest((0, 0), &[])`, `None`],
      ],
    },
  },
  defects: [
    {
      name: "distance",
      file: "src/point.rs",
      suite: "point",
      good: `(a.0 - b.0).abs() + (a.1 - b.1).abs()`,
      bad: `(a.0 - b.0) + (a.1 - b.1)`,
      wrong: `(a.0 - b.0).abs() + (a.1 - b.1)`,
      breaks: `(a.0 - b.0).abs().max((a.1 - b.1).abs())`,
      same: `i32::abs(b.0 - a.0) + i32::abs(b.1 - a.1)`,
      symptom: "is negative towards larger points",
      cure: "the direction does not matter",
      witness: ["counts the other way", `distance((1, 1), (1, 4))`, `3`],
      bland: ["counts a single step", `distance((1, 0), (0, 0))`, `1`],
      got: `-3`,
    },
    {
      name: "inside",
      file: "src/bounds.rs",
      suite: "bounds",
      good: `point.0 < width && point.1 < height`,
      bad: `point.0 <= width && point.1 <= height`,
      wrong: `point.0 <= width && point.1 < height + 1`,
      breaks: `point.0 < width - 1 && point.1 < height - 1`,
      same: `width > point.0 && height > point.1`,
      symptom: "counts the border as inside",
      cure: "the width and the height are outside",
      witness: ["refuses the border", `inside((3, 1), 3, 3)`, `false`],
      bland: ["knows the origin", `inside((0, 0), 3, 3)`, `true`],
      got: `true`,
    },
  ],
} satisfies Program;
