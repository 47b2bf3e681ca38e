const SECRET =
  /SECRET|PASSW|PWD$|TOKEN|PRIVATE|CREDENTIAL|(API|ACCESS|AUTH|ENCRYPTION|SIGNING|MASTER|APP|SERVICE|LICENSE)_?KEY|_KEY$|SALT|COOKIE|DSN|CERT/i;

/** How keys of well-known services begin. */
const KEYS = /\b(sk|pk|rk|whsec|ghp|gho|github_pat|glpat|xox[abp]|AKIA|ASIA|AIza|eyJ|SG\.|hf_|npm_)[-_A-Za-z0-9]/;

/**
 * The example value of a variable if it may be kept: never for a name that holds a secret, never with a user, a password or a
 * foreign host in it, never something that could itself be a key.
 */
export function harmlessExample(name: string, value: string | undefined): string | undefined {
  const text = value?.trim().replace(/^(["'])(.*)\1$/, "$2");
  if (!text || text.length > 80 || SECRET.test(name) || KEYS.test(text) || /[$<>`\n]/.test(text)) return undefined;
  if (/@/.test(text) && !/^[\w.+-]+@(example\.(com|org|test)|localhost)$/.test(text)) return undefined;
  if (
    /:\/\//.test(text) &&
    !/^[a-z][\w+.-]*:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(:\d+)?(\/[\w./-]*)?$/i.test(text) &&
    !/^(file|sqlite[\w+]*):/.test(text)
  )
    return undefined;
  if (/[A-Za-z0-9+/_-]{20,}/.test(text) && /\d/.test(text) && /[A-Za-z]/.test(text)) return undefined;
  if (
    /^(\d{1,3}\.){3}\d{1,3}$|^[\w-]+(\.[\w-]+)+\.(com|net|org|io|dev|cloud|internal|local)(:\d+)?$/.test(text) &&
    !/^127\.|^0\.0\.0\.0$/.test(text)
  )
    return undefined;
  return text;
}
