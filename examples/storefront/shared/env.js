/** The value of a variable that nothing works without; says which one is missing. */
export function required(name, env = process.env) {
  const value = env[name];
  if (!value) throw new Error(`${name} is required. See .env.example.`);
  return value;
}
