/** Where somebody goes after signing in: an address of this application, else its first page. */
export function ownTarget(to: string | undefined, origin = window.location.origin): string {
  if (!to?.startsWith("/")) return "/";
  // Read as the browser will read it: it drops tabs and line ends, so that "/<tab>/host" leaves us like "//host".
  const url = URL.canParse(to, origin) ? new URL(to, origin) : null;
  if (url?.origin !== origin) return "/";
  const path = url.pathname + url.search + url.hash;
  return path.startsWith("//") ? "/" : path;
}
