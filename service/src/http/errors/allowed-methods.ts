/** Methods that routes of this server are asked by. Those that only cross-origin preflights use are none of a path's own. */
const METHODS = ['GET', 'HEAD', 'POST'] as const;

/** Which methods a path takes: what a 405 has to say (RFC 9110, 15.5.6). */
export class AllowedMethods {
  private readonly routes: { readonly parts: readonly string[]; readonly methods: readonly string[] }[] = [];

  /** @param pattern of a route: `/v1/models/:id`, `/docs/static/*` */
  add(pattern: string, methods: string | readonly string[]): void {
    this.routes.push({ parts: pattern.split('/'), methods: typeof methods === 'string' ? [methods] : methods });
  }

  /** @param path as it was sent, without a query */
  of(path: string): readonly string[] {
    const parts = path.split('/');
    const fitting = this.routes.filter((route) => fits(route.parts, parts)).flatMap(({ methods }) => methods);
    return METHODS.filter((method) => fitting.includes(method));
  }
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  const hasRest = pattern.at(-1) === '*';
  if (hasRest ? path.length < pattern.length : path.length !== pattern.length) return false;
  return pattern.every((part, at) => part === '*' || (part.startsWith(':') ? path[at] !== '' : part === path[at]));
}
