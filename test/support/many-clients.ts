import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

// Connects as many clients as it is told, then waits for a word, then sends one message each and checks its echo.
const [port, count] = process.argv.slice(2).map(Number);
const AT_ONCE = 200;

const sockets: Socket[] = [];
while (sockets.length < count!) {
  const length = Math.min(AT_ONCE, count! - sockets.length);
  sockets.push(...(await Promise.all(Array.from({ length }, connectOne))));
}
process.send!('connected');
await once(process, 'message');
const echoed = await Promise.all(sockets.map(ask));
process.send!(echoed.filter(Boolean).length);
await once(process, 'message');
for (const socket of sockets) socket.end();
process.disconnect!();

async function connectOne(): Promise<Socket> {
  const socket = connect(port!, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket): Promise<boolean> {
  const question = `I am ${socket.localPort}`;
  socket.write(question);
  let answer = '';
  while (answer.length < question.length) answer += String((await once(socket, 'data'))[0]);
  return answer === question;
}
