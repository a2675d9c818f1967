/** @file Serves the built app on this computer and opens the browser. Needs nothing but Node. */
import { spawn } from 'node:child_process';
import { serve, type LocalServer } from './serve.ts';

const firstPort = 4173;
const lastPort = firstPort + 20;

/** Serve on the first free port from `port` on. */
async function serveNear(folder: string, port: number): Promise<LocalServer> {
  try {
    return await serve({ folder, port, headers: true });
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (isTaken && port < lastPort) return serveNear(folder, port + 1);
    throw error;
  }
}

/** Open `url` if there is a display; otherwise the printed address has to do. */
function openBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', url]
        : ['xdg-open', url];
  const hasDisplay = process.platform !== 'linux' || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'];
  if (hasDisplay && command && !process.env['CI'])
    spawn(command, args, { stdio: 'ignore', detached: true })
      .on('error', () => {})
      .unref();
}

/** @param folder of the built app */
export async function serveSite(folder: string): Promise<void> {
  const { url } = await serveNear(folder, firstPort);
  console.log(`Glovebox is at ${url} (stop with Ctrl+C)`);
  openBrowser(url);
}
