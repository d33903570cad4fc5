// Mastra as its own server runs it: schedules over HTTP, libsql on a file, the scheduler and its workers in the process.
// The model answers with the prompt, without a network, as our local echo gateway does.
import { serve } from '@hono/node-server';
import { Agent } from '@mastra/core/agent';
import { Mastra } from '@mastra/core/mastra';
import { MastraServer } from '@mastra/hono';
import { LibSQLStore } from '@mastra/libsql';
import { Hono } from 'hono';

const { PORT, DATABASE, TICK_MS, BATCH } = process.env;

const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const echo = {
  specificationVersion: 'v2',
  provider: 'local',
  modelId: 'echo',
  supportedUrls: {},
  async doGenerate() {
    return { content: [{ type: 'text', text: 'Hello' }], finishReason: 'stop', usage, warnings: [] };
  },
  async doStream() {
    const parts = [
      { type: 'stream-start', warnings: [] },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'Hello' },
      { type: 'text-end', id: '1' },
      { type: 'finish', finishReason: 'stop', usage },
    ];
    const stream = new ReadableStream({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    });
    return { stream };
  },
};

const agent = new Agent({ id: 'echo', name: 'echo', instructions: 'Echo.', model: echo });
const storage = new LibSQLStore({ id: 'bench', url: `file:${DATABASE}` });
const mastra = new Mastra({
  agents: { echo: agent },
  storage,
  logger: false,
  // The defaults are a look every 10 s at 100 schedules, which no run here would end under.
  scheduler: { enabled: true, tickIntervalMs: Number(TICK_MS), batchSize: Number(BATCH) },
});
await storage.init();
const app = new Hono();
await new MastraServer({ app, mastra }).init();
await mastra.startWorkers();
serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }, () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));
