// A minimal WebSocket server (RFC 6455): text messages, ping, close. Enough for one page; not for the open net.
import { createHash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function frame(opcode, body) {
  const length =
    body.length < 126
      ? Buffer.from([0x80 | opcode, body.length])
      : body.length < 65536
        ? Buffer.from([0x80 | opcode, 126, body.length >> 8, body.length & 255])
        : (() => {
            const head = Buffer.alloc(10);
            head[0] = 0x80 | opcode;
            head[1] = 127;
            head.writeBigUInt64BE(BigInt(body.length), 2);
            return head;
          })();
  return Buffer.concat([length, body]);
}

/** Answers an upgrade. @param {import('node:http').IncomingMessage} request @param {import('node:net').Socket} socket */
export function accept(request, socket, protocol, onMessage, onClose) {
  const answer = createHash('sha1')
    .update(request.headers['sec-websocket-key'] + GUID)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
  );
  socket.setNoDelay(true);
  let buffer = Buffer.alloc(0);
  socket.on('data', (data) => {
    buffer = Buffer.concat([buffer, data]);
    for (;;) {
      if (buffer.length < 2) return;
      let length = buffer[1] & 127,
        at = 2;
      if (length === 126) {
        if (buffer.length < 4) return;
        length = buffer.readUInt16BE(2);
        at = 4;
      } else if (length === 127) {
        socket.destroy();
        return;
      }
      if (buffer.length < at + 4 + length) return;
      const mask = buffer.subarray(at, at + 4);
      const body = Buffer.from(buffer.subarray(at + 4, at + 4 + length));
      for (let i = 0; i < body.length; i += 1) body[i] ^= mask[i & 3];
      const opcode = buffer[0] & 15;
      buffer = buffer.subarray(at + 4 + length);
      if (opcode === 8) {
        socket.end(frame(8, body));
        return;
      }
      if (opcode === 9) socket.write(frame(10, body));
      if (opcode === 1) onMessage(body.toString('utf8'));
    }
  });
  socket.on('close', onClose);
  socket.on('error', () => socket.destroy());
  return {
    send: (text) => {
      if (!socket.destroyed) socket.write(frame(1, Buffer.from(text, 'utf8')));
    },
    cut: () => socket.destroy(),
  };
}
