import type { Program } from "../corpus.ts";

export default {
  name: "ledger",
  language: "py",
  files: {
    "ledger/__init__.py": "",
    "ledger/amounts.py": `def cents(text):
    """An amount such as -12.50 as a whole number of cents."""
    return round(float(text.replace(",", "")) * 100)


def show(amount):
    """Cents as an amount with two decimals."""
    sign = "-" if amount < 0 else ""
    return sign + "%d.%02d" % divmod(abs(amount), 100)
`,
    "ledger/entries.py": `def balance(entries, account):
    """What an account has after all its entries; an entry moves cents from one account to another."""
    total = 0
    for source, target, amount in entries:
        if source == account:
            total -= amount
        if target == account:
            total += amount
    return total
`,
    "ledger/report.py": `from ledger.amounts import show
from ledger.entries import balance


def report(entries):
    """One line per account, in order of their names."""
    accounts = {name for entry in entries for name in entry[:2]}
    return [name + " " + show(balance(entries, name)) for name in sorted(accounts)]
`,
  },
  suites: {
    amounts: {
      imports: "from ledger.amounts import cents, show",
      cases: [
        ["reads an amount", `cents("12.50")`, `1250`],
        ["reads thousands", `cents("1,000")`, `100000`],
        ["shows an amount", `show(1205)`, `"12.05"`],
        ["shows nothing", `show(0)`, `"0.00"`],
        ["shows whole amounts below zero", `show(-500)`, `"-5.00"`],
      ],
    },
    entries: {
      imports: "from ledger.entries import balance",
      cases: [
        ["is empty at first", `balance([], "cash")`, `0`],
        ["adds what comes", `balance([("bank", "cash", 500)], "cash")`, `500`],
        ["takes away what goes", `balance([("cash", "shop", 300)], "cash")`, `-300`],
        ["ignores other accounts", `balance([("a", "b", 100)], "cash")`, `0`],
      ],
    },
    report: {
      imports: "from ledger.report import report",
      cases: [["lists the accounts", `report([("a", "b", 150)])`, `["a -1.50", "b 1.50"]`]],
    },
  },
  defects: [
    {
      name: "cents",
      file: "ledger/amounts.py",
      suite: "amounts",
      good: `round(float(text.replace(",", "")) * 100)`,
      bad: `int(float(text.replace(",", "")) * 100)`,
      wrong: `int(float(text.replace(",", "").strip()) * 100)`,
      breaks: `round(float(text) * 100) if "," not in text else round(float(text.replace(",", ".")) * 100)`,
      same: `int(round(100 * float(text.replace(",", ""))))`,
      symptom: "loses a cent of 1.15",
      cure: "amounts are rounded, not cut",
      witness: ["loses no cent", `cents("1.15")`, `115`],
      bland: ["reads a whole amount", `cents("7")`, `700`],
      got: `114`,
    },
    {
      name: "balance",
      file: "ledger/entries.py",
      suite: "entries",
      good: `        if target == account:`,
      bad: `        elif target == account:`,
      wrong: `        elif account == target:`,
      breaks: `        if target == account or source == account:`,
      same: `        if account == target:`,
      symptom: "counts a transfer to the same account as a loss",
      cure: "a transfer to the same account changes nothing",
      witness: ["moves nothing within an account", `balance([("cash", "cash", 200)], "cash")`, `0`],
      bland: ["adds twice", `balance([("a", "b", 1), ("a", "b", 2)], "b")`, `3`],
      got: `-200`,
    },
  ],
} satisfies Program;
