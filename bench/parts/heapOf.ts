// What a running Node process uses of its heap once its garbage is collected: asked over its own inspector, on this machine alone.

const port = 9229;
const waitMs = 10_000;

interface Answer {
  id?: number;
  result?: { usedSize?: number; result?: { value?: unknown } };
  error?: { message: string };
}

/**
 * Opens the inspector of the process by signal, as `kill -USR1` does, and leaves it open: for a process that a bench started. Throws when
 * another process has the port that Node uses for that: what answers must be this one.
 */
export async function usedBytes(pid: number): Promise<number> {
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await inspectorUrl());
  try {
    await opened(socket);
    const { result: said } = await ask(socket, 0, 'Runtime.evaluate', { expression: 'process.pid' });
    const other = said?.result?.value;
    if (other !== pid)
      throw new Error(
        `Port ${port} is the inspector of process ${String(other)}, not of ${pid}. End it, and run the bench again.`,
      );
    await ask(socket, 1, 'HeapProfiler.collectGarbage');
    await ask(socket, 2, 'HeapProfiler.collectGarbage');
    const { result } = await ask(socket, 3, 'Runtime.getHeapUsage');
    if (result?.usedSize === undefined) throw new Error('The inspector tells no heap.');
    return result.usedSize;
  } finally {
    socket.close();
  }
}

async function inspectorUrl(): Promise<string> {
  const endMs = Date.now() + waitMs;
  for (;;) {
    try {
      const targets: unknown = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
      const [target] = Array.isArray(targets) ? (targets as { webSocketDebuggerUrl: string }[]) : [];
      if (target !== undefined) return target.webSocketDebuggerUrl;
    } catch (error) {
      if (Date.now() > endMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('error', () => reject(new Error('The inspector does not answer.')), { once: true });
  });
}

function ask(socket: WebSocket, id: number, method: string, params: object = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`The inspector does not answer ${method}.`)), waitMs);
    const listener = ({ data }: MessageEvent): void => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id !== id) return;
      clearTimeout(timer);
      socket.removeEventListener('message', listener);
      if (answer.error === undefined) resolve(answer);
      else reject(new Error(answer.error.message));
    };
    socket.addEventListener('message', listener);
    socket.send(JSON.stringify({ id, method, params }));
  });
}
