import closeWithGrace from 'close-with-grace';
import type { App } from './server.ts';

/** What a stop may take, in ms: requests and messages under way end within 15 s, and after 30 s ECS kills. */
const stopTimeout = 20_000;

/**
 * Listens until SIGTERM or SIGINT, then closes the app with all its `onClose` hooks and exits 0.
 * A second signal, or a stop that takes too long, exits 1 at once.
 */
export async function serve(app: App, config: { HOST: string; PORT: number }): Promise<void> {
  closeWithGrace({ delay: stopTimeout, logger: app.log }, async ({ signal, err }) => {
    if (err) app.log.fatal({ err }, 'stopping because of an error nobody handled');
    else app.log.info({ signal }, 'stopping');
    await app.close();
  });
  await app.listen({ host: config.HOST, port: config.PORT });
}
