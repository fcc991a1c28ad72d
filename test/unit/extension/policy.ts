// The content security policy of a page, as a browser reads it.

export function policyOf(page: string): string {
  const written = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(page)?.[1] ?? '';
  return written.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}
