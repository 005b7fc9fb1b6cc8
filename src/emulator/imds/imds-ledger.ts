/** Tokens given out for one identity and resource to one peer. */
export interface IssuedTokens {
  readonly clientId: string;
  readonly resourceId: string;
  readonly resource: string;
  /** The socket's address, IPv4 without its IPv6 mapping. */
  readonly peer: string;
  readonly count: number;
}

/** One request, as it came. No token and no header values of the caller's are kept. */
export interface AskedRequest {
  readonly method: string;
  /** The request target to the byte. */
  readonly target: string;
  readonly peer: string;
  readonly userAgent: string;
  /** 0 when the connection ended without an answer. */
  readonly status: number;
}

export interface ImdsLedger {
  issue(token: Omit<IssuedTokens, 'count'>): void;
  ask(request: AskedRequest): void;
  issued(): readonly IssuedTokens[];
  /** The last 50,000, oldest first. */
  asked(): readonly AskedRequest[];
  reset(): void;
}

const askedLimit = 50_000;

export function createImdsLedger(): ImdsLedger {
  const issued = new Map<string, IssuedTokens>();
  let asked: AskedRequest[] = [];
  return {
    issue(token) {
      const key = JSON.stringify([token.clientId, token.resource, token.peer]);
      issued.set(key, { ...token, count: (issued.get(key)?.count ?? 0) + 1 });
    },
    ask(request) {
      asked.push(request);
      if (asked.length > askedLimit) {
        asked = asked.slice(-askedLimit / 2);
      }
    },
    issued: () => [...issued.values()],
    asked: () => asked,
    reset() {
      issued.clear();
      asked = [];
    },
  };
}
