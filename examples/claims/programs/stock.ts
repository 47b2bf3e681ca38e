import type { Program } from "../corpus.ts";

export default {
  name: "stock",
  language: "py",
  files: {
    "stock/__init__.py": "",
    "stock/errors.py": `class OutOfStock(Exception):
    """There is less than what is wanted."""
`,
    "stock/shelf.py": `from stock.errors import OutOfStock


class Shelf:
    """How many of each thing there are."""

    def __init__(self, amounts=None):
        self.amounts = dict(amounts or {})

    def put(self, name, amount):
        self.amounts[name] = self.amounts.get(name, 0) + amount

    def take(self, name, amount):
        if self.amounts.get(name, 0) < amount:
            raise OutOfStock(name)
        self.amounts[name] -= amount
        return self.amounts[name]
`,
    "stock/order.py": `def to_order(amounts, wanted):
    """What has to be bought so that there is as much as wanted."""
    missing = {name: amount - amounts.get(name, 0) for name, amount in wanted.items()}
    return {name: amount for name, amount in missing.items() if amount > 0}
`,
  },
  suites: {
    shelf: {
      imports: "from stock.shelf import Shelf",
      cases: [
        ["starts empty", `Shelf().amounts`, `{}`],
        ["takes what is there", `Shelf({"nail": 5}).take("nail", 3)`, `2`],
        ["puts the first", `shelf.amounts`, `{"nail": 2}`, `shelf = Shelf()\nshelf.put("nail", 2)`],
        [
          "puts another kind beside the first",
          `sorted(shelf.amounts)`,
          `["bolt", "nail"]`,
          `shelf = Shelf({"nail": 1})\nshelf.put("bolt", 2)`,
        ],
      ],
    },
    order: {
      imports: "from stock.order import to_order",
      cases: [
        ["orders what is missing", `to_order({"nail": 1}, {"nail": 4})`, `{"nail": 3}`],
        ["orders nothing when there is enough", `to_order({"nail": 4}, {"nail": 4})`, `{}`],
        ["orders two kinds", `to_order({"a": 0, "b": 1}, {"a": 1, "b": 2})`, `{"a": 1, "b": 1}`],
      ],
    },
  },
  defects: [
    {
      name: "put",
      file: "stock/shelf.py",
      suite: "shelf",
      good: `self.amounts[name] = self.amounts.get(name, 0) + amount`,
      bad: `self.amounts[name] = amount`,
      wrong: `self.amounts.update({name: amount})`,
      breaks: `self.amounts = {name: self.amounts.get(name, 0) + amount}`,
      same: `self.amounts[name] = amount + self.amounts.get(name, 0)`,
      symptom: "forgets what was there before",
      cure: "what is put is added to what is there",
      witness: [
        "adds to what is there",
        `shelf.amounts`,
        `{"nail": 7}`,
        `shelf = Shelf({"nail": 5})\nshelf.put("nail", 2)`,
      ],
      bland: ["takes everything", `Shelf({"nail": 5}).take("nail", 5)`, `0`],
      got: `{"nail": 2}`,
    },
    {
      name: "to_order",
      file: "stock/order.py",
      suite: "order",
      good: `if amount > 0}`,
      bad: `if amount != 0}`,
      wrong: `if not amount == 0}`,
      breaks: `if amount > 1}`,
      same: `if 0 < amount}`,
      symptom: "orders negative amounts",
      cure: "what there is too much of is not ordered",
      witness: ["orders nothing when there is too much", `to_order({"nail": 9}, {"nail": 4})`, `{}`],
      bland: ["orders nothing for no wish", `to_order({"nail": 1}, {})`, `{}`],
      got: `{"nail": -5}`,
    },
  ],
} satisfies Program;
