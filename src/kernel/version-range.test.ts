import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compareVersions, pick, satisfies } from "./version-range.ts";

const table: readonly [range: string, yes: readonly string[], no: readonly string[]][] = [
  ["20", ["20.0.0", "v20.11.1", "20.99.0"], ["19.9.9", "21.0.0"]],
  ["v20.11", ["20.11.0", "20.11.9"], ["20.10.9", "20.12.0"]],
  ["20.11.1", ["20.11.1"], ["20.11.2", "20.11.0"]],
  [">=18", ["18.0.0", "24.1.0"], ["17.9.9"]],
  [">= 18.17.0 < 21", ["18.17.0", "20.9.0"], ["18.16.9", "21.0.0"]],
  [">18", ["19.0.0"], ["18.0.0", "18.20.1"]],
  ["<=18", ["18.20.1", "4.0.0"], ["19.0.0"]],
  ["^18 || >=20", ["18.1.0", "20.0.0", "26.0.0"], ["19.0.0", "17.0.0"]],
  ["^18.12.1", ["18.12.1", "18.99.0"], ["18.12.0", "19.0.0"]],
  ["^0.2.3", ["0.2.9"], ["0.3.0"]],
  ["~18.12", ["18.12.0", "18.12.9"], ["18.13.0"]],
  ["18.x", ["18.0.0", "18.20.0"], ["19.0.0"]],
  ["18.x.x", ["18.3.0"], ["17.0.0"]],
  ["16.0.0 - 18", ["16.0.0", "18.20.0"], ["19.0.0", "15.9.9"]],
  ["*", ["1.0.0", "26.0.0"], []],
  ["lts/*", ["24.1.0", "18.0.0"], ["23.0.0", "25.1.0"]],
  ["lts/iron", ["20.1.0"], ["18.0.0", "22.0.0"]],
  ["~=3.11", ["3.11.0", "3.13.1"], ["3.10.9", "4.0.0"]],
  ["~=3.11.2", ["3.11.2", "3.11.9"], ["3.11.1", "3.12.0"]],
  [">=3.9,<3.13", ["3.9.0", "3.12.9"], ["3.8.18", "3.13.0"]],
  [">=3.9, !=3.9.7", ["3.9.6", "3.10.0"], ["3.9.7"]],
  ["3.11.*", ["3.11.4"], ["3.12.0", "3.1.1"]],
  ["==3.12.*", ["3.12.1"], ["3.13.0"]],
  ["python-3.11.4", ["3.11.4"], ["3.11.5"]],
  ["1.22", ["go1.22.3", "1.22.0"], ["1.21.9", "1.23.0"]],
  ["~> 3.2", ["3.2.0", "3.9.9"], ["3.1.9", "4.0.0"]],
  ["~> 3.2.1", ["3.2.9"], ["3.3.0"]],
  ["ruby-3.2.2", ["3.2.2", "3.2.2p53"], ["3.2.3"]],
  ["stable", ["1.84.0"], ["1.86.0-nightly"]],
  ["nightly", ["1.86.0-nightly"], ["1.84.0"]],
  ["^8.1|^9", ["8.4.1", "9.0.0"], ["8.0.30"]],
  [">=3.12", ["3.12.0"], ["3.14.0rc1", "3.14.0-beta.2"]],
  [">=3.14.0rc1", ["3.14.0rc1", "3.14.0rc2", "3.14.0"], ["3.14.0b4"]],
  ["8.0.100", ["8.0.100"], ["8.0.101"]],
];

describe("version ranges", () => {
  for (const [range, yes, no] of table)
    test(range, () => {
      for (const version of yes) assert.equal(satisfies(version, range), true, `${version} in ${range}`);
      for (const version of no) assert.equal(satisfies(version, range), false, `${version} not in ${range}`);
    });

  test("what is not understood is unknown, not wrong", () => {
    for (const range of ["pypy3.9", "lts/zirconium", "latest", "file:../x", ">=foo", "${NODE_VERSION}", "3.11 # note"])
      assert.equal(satisfies("20.0.0", range), undefined, range);
    assert.equal(satisfies("26.1.0", "lts/*"), undefined);
    assert.equal(satisfies("not a version", ">=1"), undefined);
    assert.equal(satisfies("20.1.0", "banana || >=20"), true);
    assert.equal(satisfies("18.1.0", "banana || >=20"), undefined);
  });

  test("pick takes the newest release that satisfies", () => {
    const versions = ["18.20.8", "20.1.0", "20.19.0", "20.2.0", "24.1.0", "25.0.0", "27.0.0-rc.1"];
    assert.equal(pick(versions, "20"), "20.19.0");
    assert.equal(pick(versions, "lts/*"), "24.1.0");
    assert.equal(pick(versions, "latest"), "25.0.0");
    assert.equal(pick(versions, ">=30"), undefined);
    assert.equal(pick(versions, "banana"), undefined);
  });
});

const version = fc.tuple(fc.nat(40), fc.nat(40), fc.nat(40)).map((numbers) => numbers.join("."));

describe("version range properties", () => {
  test("never throws, and blanks around a range change nothing", () => {
    fc.assert(
      fc.property(fc.oneof(version, fc.string()), fc.string(), (one, range) => {
        assert.equal(satisfies(one, range), satisfies(one, ` ${range} `));
        pick([one], range);
      }),
    );
  });

  test("bounds agree with the order of versions", () => {
    fc.assert(
      fc.property(version, version, (one, bound) => {
        const order = compareVersions(one, bound);
        assert.equal(satisfies(one, `>=${bound}`), order >= 0);
        assert.equal(satisfies(one, `<${bound}`), order < 0);
        assert.equal(satisfies(one, `>${bound}`), order > 0);
        assert.equal(satisfies(one, `<=${bound}`), order <= 0);
        assert.equal(satisfies(one, bound), order === 0);
        assert.equal(satisfies(one, `!=${bound}`), order !== 0);
      }),
    );
  });

  test("^ and ~ contain their own version, and ~ lies within ^ above 0", () => {
    fc.assert(
      fc.property(version, version, (one, bound) => {
        assert.equal(satisfies(bound, `^${bound}`), true);
        assert.equal(satisfies(bound, `~${bound}`), true);
        if (satisfies(one, `~${bound}`) === true && !bound.startsWith("0."))
          assert.equal(satisfies(one, `^${bound}`), true);
      }),
    );
  });

  test("pick returns a member that satisfies and that none beats", () => {
    fc.assert(
      fc.property(fc.array(version), version, (versions, bound) => {
        const picked = pick(versions, `>=${bound}`);
        const fitting = versions.filter((one) => satisfies(one, `>=${bound}`));
        if (picked === undefined) assert.equal(fitting.length, 0);
        else assert.ok(fitting.includes(picked) && fitting.every((one) => compareVersions(one, picked) <= 0));
      }),
    );
  });
});
