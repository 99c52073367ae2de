import { BroadcastChannel } from 'node:worker_threads';
import { defineHandler, lines, type Connection } from 'multithread-server/handler';

/** The clients of this thread; those of other threads are reached through the channel. */
const members = new Set<Connection>();
const otherThreads = new BroadcastChannel('chat');
otherThreads.onmessage = (event) => tell(String((event as { data: unknown }).data));

export default defineHandler({
  framing: lines(),
  open: (member) => {
    members.add(member);
    say(`${name(member)} is here`);
  },
  message: (member, text) => say(`${name(member)}: ${text}`),
  close: (member) => {
    members.delete(member);
    say(`${name(member)} has left`);
  },
});

function say(text: string): void {
  tell(text);
  otherThreads.postMessage(text);
}

function tell(text: string): void {
  for (const member of members) void member.send(text);
}

function name({ peer }: Connection): string {
  return `${peer.address}:${peer.port}`;
}
