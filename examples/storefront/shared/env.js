/** The value of a variable that nothing works without; says which one is missing. */
export function required(name, env = process.env) {
  const value = env[name];
  if (!value) throw new Error(`${name} is required. See .env.example.`);
  return value;
}

/** The port to listen on: PORT, or the usual one. */
export function portOf(usual, env = process.env) {
  const port = env.PORT ? Number(env.PORT) : usual;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`PORT=${env.PORT} is not a port`);
  return port;
}
