import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { GatewayCloseCodes, GatewayOpcodes } from 'discord-api-types/v10'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { APPLICATION, BOT_USER, GUILD } from '../cast.ts'

const HEARTBEAT_MS = 41_250
/** Dispatches kept for a RESUME, and sessions remembered after their line was cut. */
const MOST_KEPT = 500
const MOST_SESSIONS = 20

interface Session {
  readonly id: string
  readonly token: string
  seq: number
  readonly sent: { readonly seq: number; readonly frame: string }[]
  socket: WebSocket | null
}

export interface Gateway {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Send to the newest bot. False when no bot is connected and none may come back to hear it. */
  dispatch(type: string, data: unknown): boolean
  isOnline(): boolean
  /** Cut every bot's line without a word, as a network does; the bots may resume. */
  drop(): void
  close(): void
}

/**
 * The gateway of one bot user, protocol version 10, JSON without compression.
 * Source: Discord's "Gateway" and "Opcodes and status codes" pages.
 */
export function createGateway(options: { url: string; onPresence: (online: boolean) => void }): Gateway {
  const server = new WebSocketServer({ noServer: true, maxPayload: 4096 })
  /** Oldest first. */
  const sessions = new Map<string, Session>()
  let wasOnline = false

  const isOnline = () => [...sessions.values()].some((session) => session.socket !== null)
  function presence(): void {
    if (isOnline() === wasOnline) return
    wasOnline = !wasOnline
    options.onPresence(wasOnline)
  }

  function emit(session: Session, type: string, data: unknown): void {
    session.seq += 1
    const frame = JSON.stringify({ op: GatewayOpcodes.Dispatch, t: type, s: session.seq, d: data })
    session.sent.push({ seq: session.seq, frame })
    if (session.sent.length > MOST_KEPT) session.sent.shift()
    session.socket?.send(frame)
  }

  function welcome(socket: WebSocket): void {
    let session: Session | null = null
    const send = (op: number, d: unknown) => socket.send(JSON.stringify({ op, d, s: null, t: null }))
    const silence = setTimeout(() => socket.terminate(), HEARTBEAT_MS * 2)
    silence.unref()

    function attach(next: Session): void {
      next.socket?.close(GatewayCloseCodes.SessionTimedOut)
      next.socket = socket
      session = next
    }

    function identify(data: Record<string, unknown>): void {
      if (session) {
        socket.close(GatewayCloseCodes.AlreadyAuthenticated, 'Already authenticated.')
        return
      }
      if (typeof data.token !== 'string' || !data.token) {
        socket.close(GatewayCloseCodes.AuthenticationFailed, 'Authentication failed.')
        return
      }
      const fresh: Session = {
        id: randomBytes(16).toString('hex'),
        token: data.token,
        seq: 0,
        sent: [],
        socket: null,
      }
      sessions.set(fresh.id, fresh)
      for (const old of sessions.values()) {
        if (sessions.size <= MOST_SESSIONS) break
        if (!old.socket) sessions.delete(old.id)
      }
      attach(fresh)
      emit(fresh, 'READY', {
        v: 10,
        user: {
          id: BOT_USER.id,
          username: BOT_USER.username,
          global_name: BOT_USER.globalName,
          discriminator: '0',
          avatar: null,
          bot: true,
          verified: true,
          mfa_enabled: true,
          email: null,
          flags: 0,
        },
        guilds: [{ id: GUILD.id, unavailable: true }],
        session_id: fresh.id,
        resume_gateway_url: options.url,
        shard: [0, 1],
        application: { id: APPLICATION.id, flags: 0 },
      })
      presence()
    }

    function resume(data: Record<string, unknown>): void {
      const known = sessions.get(String(data.session_id))
      const heard = Number(data.seq)
      const oldest = known?.sent[0]?.seq ?? 1
      if (!known || known.token !== data.token || !(heard <= known.seq) || heard + 1 < oldest) {
        send(GatewayOpcodes.InvalidSession, false)
        return
      }
      attach(known)
      // The session that came back is the newest again.
      sessions.delete(known.id)
      sessions.set(known.id, known)
      for (const { seq, frame } of known.sent) if (seq > heard) socket.send(frame)
      emit(known, 'RESUMED', {})
      presence()
    }

    socket.on('message', (raw) => {
      const frame = parseFrame(raw)
      if (!frame) return socket.close(GatewayCloseCodes.DecodeError, 'Error while decoding payload.')
      const data = (typeof frame.d === 'object' && frame.d !== null ? frame.d : {}) as Record<string, unknown>
      switch (frame.op) {
        case GatewayOpcodes.Heartbeat:
          silence.refresh()
          return send(GatewayOpcodes.HeartbeatAck, null)
        case GatewayOpcodes.Identify:
          return identify(data)
        case GatewayOpcodes.Resume:
          return resume(data)
        case GatewayOpcodes.PresenceUpdate:
        case GatewayOpcodes.VoiceStateUpdate:
        case GatewayOpcodes.RequestGuildMembers:
          if (!session) socket.close(GatewayCloseCodes.NotAuthenticated, 'Not authenticated.')
          return
        default:
          return socket.close(GatewayCloseCodes.UnknownOpcode, 'Unknown opcode.')
      }
    })
    socket.on('error', () => socket.terminate())
    socket.on('close', (code) => {
      clearTimeout(silence)
      if (session?.socket !== socket) return
      session.socket = null
      // A client that says goodbye has ended its session; any other end may be resumed.
      if (code === 1000 || code === 1001) sessions.delete(session.id)
      presence()
    })
    send(GatewayOpcodes.Hello, { heartbeat_interval: HEARTBEAT_MS })
  }

  return {
    upgrade(request, socket, head) {
      // A bot sends no Origin; a web page that tries to listen does.
      if (request.headers.origin !== undefined || !request.url?.startsWith('/gateway')) {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
        return
      }
      server.handleUpgrade(request, socket, head, welcome)
    },
    dispatch(type, data) {
      const all = [...sessions.values()].reverse()
      const session = all.find(({ socket }) => socket !== null) ?? all[0]
      if (!session) return false
      emit(session, type, data)
      return true
    },
    isOnline,
    drop() {
      for (const client of server.clients) client.terminate()
    },
    close() {
      for (const client of server.clients) client.terminate()
      server.close()
    },
  }
}

function parseFrame(raw: RawData): { op: unknown; d: unknown } | null {
  try {
    const frame: unknown = JSON.parse(raw.toString())
    return typeof frame === 'object' && frame !== null && 'op' in frame
      ? { op: frame.op, d: 'd' in frame ? frame.d : null }
      : null
  } catch {
    return null
  }
}
