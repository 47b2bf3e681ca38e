import type { EnvClass } from "../sdk/index.ts";

const GENERATED =
  /(^|_)(SECRET_KEY|SESSION_SECRET|JWT_SECRET|AUTH_SECRET|NEXTAUTH_SECRET|COOKIE_SECRET|APP_KEY|SALT|PEPPER)($|_)/;
const SECRET = /(^|_)(API_?KEY|TOKEN|SECRET|PASSWORD|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS)($|_)/;

/** What kind of value a variable wants, judged by its name: any harmless one, any random one, or one that only the user has. */
export function classifyEnv(name: string, _example?: string): EnvClass {
  if (GENERATED.test(name)) return "generated";
  return SECRET.test(name) ? "secret" : "placeholder";
}
