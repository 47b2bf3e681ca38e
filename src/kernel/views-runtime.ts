import type { AnyEvent } from "../sdk/index.ts";
import type { RepoState, ServiceState } from "./views.ts";

/** What runs: services, databases, ports. */
export function foldRuntime(state: RepoState, event: AnyEvent): void {
  const at = event.timestamp;
  switch (event.type) {
    case "port.leased":
      state.ports.set(event.data.service, event.data.port);
      return;
    case "database.ready":
      state.databases.set(event.data.name, { ...event.data, ok: true, detail: event.data.how, since: at });
      return;
    case "database.failed":
      state.databases.set(event.data.name, { ...event.data, ok: false, detail: event.data.because, since: at });
      return;
    case "service.starting":
      state.services.set(event.data.name, {
        name: event.data.name,
        state: "starting",
        since: at,
        url: undefined,
        port: event.data.port,
        pid: undefined,
        detail: `starting: ${event.data.command}`,
        attempt: event.data.attempt,
        segment: event.data.segment,
        nextAttemptAt: undefined,
      });
      return;
    case "service.healthy":
      change(state, event.data.name, at, {
        state: "healthy",
        url: event.data.url,
        port: event.data.port,
        pid: event.data.pid,
        detail: event.data.health.detail,
      });
      return;
    case "service.unhealthy":
      change(state, event.data.name, at, { state: "unhealthy", detail: event.data.health.detail });
      return;
    case "service.exited":
      change(state, event.data.name, at, {
        state: event.data.expected ? "stopped" : "exited",
        pid: undefined,
        detail: event.data.signal === null ? `exited with status ${event.data.exit}` : `ended by ${event.data.signal}`,
        nextAttemptAt: event.data.nextAttemptAt,
      });
      return;
    default:
  }
}

function change(
  state: RepoState,
  name: string,
  at: string,
  to: Partial<ServiceState> & { state: ServiceState["state"] },
): void {
  const service = state.services.get(name);
  if (!service) return;
  if (service.state !== to.state) service.since = at;
  Object.assign(service, to);
}
