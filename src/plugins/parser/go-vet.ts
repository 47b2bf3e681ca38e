import { defineParser } from "../../sdk/index.ts";
import { locate, places } from "./_shared.ts";

const LINE =
  /^(?:vet: )?(?<file>[^\s:][^\n:]*\.go):(?<line>\d+):(?:(?<column>\d+):)? (?<message>.+?)(?: \((?<rule>[a-z][\w-]*)\))?$/m;

/** The Go compiler, `go vet`, staticcheck and golangci-lint: unindented `file.go:line:column: message`. */
export default defineParser({
  recognizes: ({ output }) => (LINE.test(output) ? 0.85 : 0),
  parse: ({ output }) => places(locate(LINE, output)),
  examples: [
    {
      name: "vet and build",
      input: {
        command: "go vet ./...",
        output:
          '# ex.com/m/vet\nvet/v.go:3:12: fmt.Printf format %d has arg "x" of wrong type string\n# ex.com/m/bad\nvet: bad/b.go:2:29: undefined: y\n',
        exit: 2,
      },
      gives: {
        locations: [
          {
            file: "vet/v.go",
            line: 3,
            column: 12,
            severity: "error",
            message: 'fmt.Printf format %d has arg "x" of wrong type string',
          },
          { file: "bad/b.go", line: 2, column: 29, severity: "error", message: "undefined: y" },
        ],
      },
    },
    {
      name: "golangci-lint",
      input: {
        command: "golangci-lint run",
        output:
          "writer/checkstyle.go:67:17: Error return value of `c.w.Write` is not checked (errcheck)\n\tdefer c.w.Write(nl)\n\t               ^\n",
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "writer/checkstyle.go",
            line: 67,
            column: 17,
            severity: "error",
            rule: "errcheck",
            message: "Error return value of `c.w.Write` is not checked",
          },
        ],
      },
    },
    {
      name: "what a test logs",
      input: { command: "go test -v", output: "=== RUN   TestB\n    a_test.go:4: got 2\n", exit: 1 },
      gives: undefined,
    },
  ],
});
