import type { Program } from "../corpus.ts";

export default {
  name: "cart",
  language: "js",
  files: {
    "src/money.js": String.raw`/** Cents as an amount with two decimals. */
export function formatCents(cents) {
  return Math.floor(cents / 100) + "." + String(cents % 100).padStart(2, "0");
}

/** An amount such as 12.50 in cents. */
export function parsePrice(text) {
  return Math.round(Number(text) * 100);
}
`,
    "src/cart.js": `import { shippingFor } from "./shipping.js";

/** What the items cost, in cents. */
export function subtotal(items) {
  return items.reduce((sum, item) => sum + item.cents * item.quantity, 0);
}

/** What has to be paid, in cents: the discount is no discount on shipping. */
export function total(items, percentOff = 0) {
  const goods = Math.round((subtotal(items) * (100 - percentOff)) / 100);
  return goods + shippingFor(goods);
}
`,
    "src/shipping.js": `const FREE_FROM = 5000;

/** Cents of shipping: nothing from 50.00 on. */
export function shippingFor(cents) {
  return cents >= FREE_FROM || cents === 0 ? 0 : 490;
}
`,
  },
  suites: {
    money: {
      imports: `import { formatCents, parsePrice } from "../src/money.js";`,
      cases: [
        ["formats whole tens", `formatCents(1950)`, `"19.50"`],
        ["formats odd cents", `formatCents(1234)`, `"12.34"`],
        ["parses a price", `parsePrice("12.50")`, `1250`],
        ["parses without float noise", `parsePrice("1.15")`, `115`],
      ],
    },
    cart: {
      imports: `import { subtotal, total } from "../src/cart.js";`,
      cases: [
        ["is nothing without items", `subtotal([])`, `0`],
        ["adds items", `subtotal([{ cents: 199, quantity: 1 }, { cents: 250, quantity: 1 }])`, `449`],
        ["adds shipping", `total([{ cents: 1000, quantity: 1 }])`, `1490`],
        ["takes the discount off", `total([{ cents: 10000, quantity: 1 }], 25)`, `7500`],
      ],
    },
    shipping: {
      imports: `import { shippingFor } from "../src/shipping.js";`,
      cases: [
        ["is free from fifty", `shippingFor(5000)`, `0`],
        ["costs below fifty", `shippingFor(4999)`, `490`],
      ],
    },
  },
  defects: [
    {
      name: "formatCents",
      file: "src/money.js",
      suite: "money",
      good: `String(cents % 100).padStart(2, "0")`,
      bad: `String(cents % 100)`,
      wrong: `String(cents % 100).padEnd(2, "0")`,
      breaks: `("0" + (cents % 100))`,
      same: `String((cents % 100) + 100).slice(1)`,
      symptom: "drops the zero of 19.05",
      cure: "cents below ten are padded",
      witness: ["pads cents below ten", `formatCents(1905)`, `"19.05"`],
      bland: ["formats one amount", `formatCents(4242)`, `"42.42"`],
      got: `"19.5"`,
    },
    {
      name: "subtotal",
      file: "src/cart.js",
      suite: "cart",
      good: `item.cents * item.quantity`,
      bad: `item.cents`,
      wrong: `item.cents * Math.min(item.quantity, 2)`,
      breaks: `Math.floor(item.cents / 100) * 100 * item.quantity`,
      same: `item.quantity * item.cents`,
      symptom: "ignores the quantity",
      cure: "each item counts as often as it is in the cart",
      witness: ["multiplies by the quantity", `subtotal([{ cents: 500, quantity: 3 }])`, `1500`],
      bland: ["knows the price of one item", `subtotal([{ cents: 300, quantity: 1 }])`, `300`],
      got: `500`,
    },
  ],
} satisfies Program;
