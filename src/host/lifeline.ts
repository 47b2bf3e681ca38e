/**
 * What is killed: everything that the watcher sees (only inside a PID namespace that has nothing else in it: bubblewrap's
 * first process goes on until the last one has ended); the command (where the namespace ends with it); its process group.
 */
const TARGETS = { everything: "-1", command: "$$", group: "-$$" } as const;

/**
 * A command that ends when the daemon ends, however and whenever that is. The kernel's own tie (PR_SET_PDEATHSIG) is
 * made by bubblewrap and setpriv only after they have started: when the daemon is killed in those first milliseconds,
 * nobody would end what they go on to start. So a watcher beside the command waits on `fd`, a pipe that only the daemon
 * holds open and never writes to, and kills the command when the pipe closes. The command itself does not get the pipe.
 */
export function onLifeline(argv: readonly string[], pipe: { fd: number; kills: keyof typeof TARGETS }): string[] {
  const { fd, kills } = pipe;
  // In a subshell of its own, so that the command does not find a child that it never started.
  const watcher = `( { read -r _ <&${fd}; kill -s KILL -- ${TARGETS[kills]}; } >/dev/null 2>&1 & )`;
  return ["sh", "-c", `${watcher}; exec ${fd}<&-; exec "$@"`, "sh", ...argv];
}
