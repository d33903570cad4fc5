// A receiver of webhooks as its users write one: it answers 204 if the published packages accept the signature, else
// 400. The first line that it prints is its port. For tests/clients.
import http from "node:http";
import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";

const secret = process.argv[2];

const server = http.createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  try {
    new Standard(secret).verify(body, request.headers);
    new Svix(secret).verify(body, request.headers);
    response.writeHead(204).end();
  } catch (error) {
    response.writeHead(400).end(String(error.message));
  }
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
