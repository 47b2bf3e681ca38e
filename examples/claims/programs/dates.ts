import type { Program } from "../corpus.ts";

export default {
  name: "dates",
  language: "js",
  files: {
    "src/calendar.js": `/** Whether a year of the Gregorian calendar has a 29 February. */
export function isLeapYear(year) {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days of a month, which counts from 1. */
export function daysInMonth(year, month) {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
`,
    "src/format.js": `/** A date as YYYY-MM-DD. */
export function format(year, month, day) {
  return [String(year).padStart(4, "0"), pad(month), pad(day)].join("-");
}

function pad(number) {
  return String(number).padStart(2, "0");
}
`,
    "src/dates.js": `import { daysInMonth } from "./calendar.js";
import { format } from "./format.js";

/** The day after a date that is written as YYYY-MM-DD. */
export function nextDay(date) {
  let [year, month, day] = date.split("-").map(Number);
  day += 1;
  if (day > daysInMonth(year, month)) {
    day = 1;
    month += 1;
  }
  if (month > 12) {
    month = 1;
    year += 1;
  }
  return format(year, month, day);
}

/** How many days of the year have begun at a date. */
export function dayOfYear(date) {
  const [year, month, day] = date.split("-").map(Number);
  let days = day;
  for (let before = 1; before < month; before++) days += daysInMonth(year, before);
  return days;
}
`,
  },
  suites: {
    calendar: {
      imports: `import { daysInMonth, isLeapYear } from "../src/calendar.js";`,
      cases: [
        ["knows a common year", `isLeapYear(2023)`, `false`],
        ["knows a leap year", `isLeapYear(2024)`, `true`],
        ["knows that 1900 was common", `isLeapYear(1900)`, `false`],
        ["counts the days of June", `daysInMonth(2023, 6)`, `30`],
      ],
    },
    dates: {
      imports: `import { dayOfYear, nextDay } from "../src/dates.js";`,
      cases: [
        ["goes to the next day", `nextDay("2023-05-04")`, `"2023-05-05"`],
        ["goes to the next month", `nextDay("2023-04-30")`, `"2023-05-01"`],
        ["goes from November to December", `nextDay("2023-11-30")`, `"2023-12-01"`],
        ["goes to a 29 February", `nextDay("2024-02-28")`, `"2024-02-29"`],
        ["counts the first day", `dayOfYear("2023-01-01")`, `1`],
        ["counts over a leap day", `dayOfYear("2024-03-01")`, `61`],
      ],
    },
    format: {
      imports: `import { format } from "../src/format.js";`,
      cases: [
        ["pads a month", `format(2023, 5, 14)`, `"2023-05-14"`],
        ["pads a year", `format(987, 12, 1)`, `"0987-12-01"`],
      ],
    },
  },
  defects: [
    {
      name: "isLeapYear",
      file: "src/calendar.js",
      suite: "calendar",
      good: "(year % 100 !== 0 || year % 400 === 0)",
      bad: "year % 100 !== 0",
      wrong: "(year % 100 !== 0 || year % 300 === 0)",
      breaks: "(year % 100 !== 0 || year > 1600)",
      same: "!(year % 100 === 0 && year % 400 !== 0)",
      symptom: "says that 2000 was no leap year",
      cure: "centuries that 400 divides are leap years",
      witness: ["knows that 2000 was a leap year", `isLeapYear(2000)`, `true`],
      bland: ["knows that 2019 was common", `isLeapYear(2019)`, `false`],
      got: `false`,
    },
    {
      name: "nextDay",
      file: "src/dates.js",
      suite: "dates",
      good: `if (month > 12) {
    month = 1;
    year += 1;
  }`,
      bad: `if (month > 12) {
    month = 1;
  }`,
      wrong: `if (month > 13) {
    month = 1;
    year += 1;
  }`,
      breaks: `if (month >= 12 && day === 1) {
    month = 1;
    year += 1;
  }`,
      same: `year += Math.floor((month - 1) / 12);
  month = ((month - 1) % 12) + 1;`,
      symptom: "stays in the same year after 31 December",
      cure: "the year changes after 31 December",
      witness: ["goes to the next year", `nextDay("2023-12-31")`, `"2024-01-01"`],
      bland: ["goes on in December", `nextDay("2023-12-24")`, `"2023-12-25"`],
      got: `"2023-01-01"`,
    },
  ],
} satisfies Program;
