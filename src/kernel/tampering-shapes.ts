/** Why a test does not run: `how` quotes it, `at` is its offset. `platform` is a condition on where it runs, which is honest. */
export interface Silence {
  readonly how: string;
  readonly at: number;
  readonly platform: boolean;
}

/** A test case, or a group of them, in a test file. Offsets are into the text; the body is without its brackets. */
export interface TestCaseSource {
  readonly title: string;
  readonly isGroup: boolean;
  readonly start: number;
  readonly end: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** By its own mark or that of a group around it. */
  readonly skipped?: Silence;
  readonly focused?: Silence;
  /** It has to fail, or has no body at all. */
  readonly pending: boolean;
}

/** Conditions on where a test runs. */
export const PLATFORM =
  /platform|win32|windows|darwin|linux|macos|GOOS|GOARCH|testing\.Short|version|sys\.platform|os\.name|hasattr|runtime|OSType|RuntimeInformation/i;

/** How much an assertion says: nothing, that something is there, a part of it, or all of it. */
export type Level = 0 | 1 | 2 | 3;

/** One assertion. Texts are in the form of `normal`; `level` is undefined for a helper of the repository's own. */
export interface Assertion {
  readonly start: number;
  readonly end: number;
  readonly key: string;
  readonly actual: string;
  readonly matcher: string;
  readonly negated: boolean;
  readonly expected: readonly string[];
  readonly level: Level | undefined;
  readonly helper?: string;
  /** It settles a promise and nobody waits for it. */
  readonly adrift: boolean;
}
