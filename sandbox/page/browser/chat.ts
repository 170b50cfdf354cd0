import type { ActResult, ChannelSeen, LiveEvent, PersonSeen, SeenMessage, World } from '../../people.ts'
import { listRunnables, type Runnable } from './commands.ts'
import { createComposer } from './composer.ts'
import type { Choice } from './draw-components.ts'
import { type Names, refreshTimes } from './draw-markdown.ts'
import { drawAvatar, drawMessage, drawOnlyYou, drawThinking } from './draw-message.ts'
import { element } from './element.ts'
import { formatMessageTime } from './format-time.ts'
import { openModal } from './open-modal.ts'
import {
  closeDms,
  fetchChoices,
  fetchMessages,
  fetchWorld,
  followLive,
  pressComponent,
  runCommand,
  sendMessage,
  submitModal,
} from './people-api.ts'
import { createReadMarks } from './read-marks.ts'

export interface ChatPlaces {
  readonly people: HTMLElement
  readonly rail: HTMLElement
  readonly chat: HTMLElement
  /** Called when the person went somewhere: whatever covers the chat may go. */
  arrived(): void
}

/** A line of the list that is not a message yet, or never became one. */
interface Note {
  readonly id: string
  readonly channelId: string
  readonly at: number
  readonly command: string
  /** Null while the app is thinking. */
  readonly failure: string | null
}

const PERSON_KEY = 'c500:person'
const NO_ANSWER = 'The application did not respond'
const GROUP_MS = 7 * 60_000
const RETRY_MS = 1000

/** The whole chat: who one is, where one is, what is there, and what happens. */
export function startChat(places: ChatPlaces): void {
  let world: World | null = null
  let personId = ''
  let channelKey = 'drops'
  let stopLive = () => {}
  /** Rises with every change of person: answers meant for somebody else are dropped. */
  let turn = 0
  const messages = new Map<string, Map<string, SeenMessage>>()
  /** Ids that arrived live while a list was being fetched: the list is older than they are. */
  let arrivedMeanwhile = new Set<string>()
  let notes: readonly Note[] = []
  const dismissed = new Set<string>()
  const failures = new Map<string, string>()
  const askedBy = new Map<string, string>()
  const marks = createReadMarks(localStorage)

  const head = element('header', { class: 'chat-head' })
  const banner = element('p', { class: 'banner', role: 'status', hidden: true })
  const list = element('ol')
  const scroller = element(
    'div',
    { class: 'messages', role: 'log', tabindex: '0', 'aria-label': 'Messages', 'aria-relevant': 'additions' },
    list,
  )
  const newest = element('button', { class: 'newest', type: 'button', hidden: true }, 'Jump to the newest')
  const composer = createComposer({
    runnables: () => listRunnables(world?.commands ?? [], here()?.kind === 'dm'),
    choicesOf,
    suggest: (runnable, options, focused) =>
      fetchChoices({ as: personId, channelId: here()?.id ?? '', path: runnable.path, options, focused }),
    run,
    send,
  })
  places.chat.append(head, banner, element('div', { class: 'scroll' }, scroller, newest), composer.box)

  // ---- who and where

  const me = (): PersonSeen | undefined => world?.people.find((person) => person.id === personId)
  const seenChannels = (): readonly ChannelSeen[] =>
    (world?.channels ?? []).filter(
      ({ kind, memberIds }) =>
        memberIds === null ||
        memberIds.includes(personId) ||
        // Who may manage threads sees the private ones, too.
        (kind === 'thread' && me()?.role === 'operator'),
    )
  const keyOf = (channel: ChannelSeen): string =>
    channel.kind === 'dm' ? 'dm' : channel.kind === 'thread' ? channel.id : channel.name
  const here = (): ChannelSeen | undefined =>
    seenChannels().find((channel) => keyOf(channel) === channelKey || channel.id === channelKey)
  const hrefTo = (person: PersonSeen | undefined, key: string): string =>
    `#${new URLSearchParams({ as: person?.username ?? '', channel: key })}`

  const names: Names = {
    get myId() {
      return personId
    },
    user: (id) =>
      world?.people.find((person) => person.id === id)?.globalName ??
      (id === world?.bot.id ? 'C500' : 'unknown'),
    channel: (id) => seenChannels().find((channel) => channel.id === id)?.name ?? null,
    channelHref(id) {
      const channel = seenChannels().find((seen) => seen.id === id)
      return channel ? hrefTo(me(), keyOf(channel)) : null
    },
  }

  function choicesOf(kind: 'people' | 'channels'): readonly Choice[] {
    return kind === 'people'
      ? (world?.people ?? []).map((person) => ({ label: person.globalName, value: person.id }))
      : seenChannels().map((channel) => ({ label: channel.name, value: channel.id }))
  }

  /** Reads the address: `#as=poppy&channel=drops`, and `say` for words to put into the composer. */
  function followAddress(): void {
    if (!world) return
    const asked = new URLSearchParams(location.hash.slice(1))
    const wanted = asked.get('as') ?? localStorage.getItem(PERSON_KEY)
    const person = world.people.find((one) => one.username === wanted) ?? world.people[0]
    if (!person) return
    const key = asked.get('channel') ?? 'drops'
    const samePerson = person.id === personId
    if (!samePerson || key !== channelKey) {
      channelKey = key
      composer.reset('')
      if (!samePerson) becomePerson(person)
      if (!here() && key !== 'dm') channelKey = 'drops'
      places.arrived()
      draw()
      scrollToNewest()
    }
    composer.reset(
      channelKey === 'dm'
        ? 'C500 writes to you here'
        : `Write to ${here()?.kind === 'thread' ? '' : '#'}${here()?.name}: try /`,
    )
    const say = asked.get('say')
    history.replaceState(null, '', hrefTo(person, channelKey))
    if (say) composer.prefill(say)
  }

  function becomePerson(person: PersonSeen): void {
    personId = person.id
    localStorage.setItem(PERSON_KEY, person.username)
    turn++
    messages.clear()
    failures.clear()
    notes = []
    stopLive()
    refresh()
    stopLive = followLive(person.id, {
      event: take,
      open() {
        showBanner('')
        refresh()
      },
      lost: () => showBanner('The connection broke. Trying again…'),
    })
  }

  function showBanner(sentence: string): void {
    banner.textContent = sentence
    banner.hidden = sentence === ''
  }

  // ---- what is there

  /** Fetches everything anew: after a change of person, and whenever the live stream may have missed something. */
  async function refresh(): Promise<void> {
    const mine = turn
    const meanwhile = new Set<string>()
    arrivedMeanwhile = meanwhile
    try {
      const nextWorld = await fetchWorld()
      if (mine !== turn) return
      world = nextWorld
      const lists = await Promise.all(
        seenChannels().map(async (channel) => [channel, await fetchMessages(channel.id, personId)] as const),
      )
      if (mine !== turn || arrivedMeanwhile !== meanwhile) return
      for (const [channel, fetched] of lists) {
        const known = new Map(fetched.map((message) => [message.id, message]))
        for (const [id, message] of messages.get(channel.id) ?? []) {
          if (meanwhile.has(id)) known.set(id, message)
        }
        for (const id of known.keys()) forgetNote(id)
        messages.set(channel.id, known)
        // Public talk from before one's first visit is not news; a private message is.
        if (channel.kind === 'text') marks.start(personId, channel.id, newestId(channel.id))
      }
      draw()
    } catch (error) {
      showBanner(error instanceof Error ? error.message : 'The local Discord cannot be reached just now.')
    }
  }

  function take(event: LiveEvent): void {
    if (!world) return
    switch (event.type) {
      case 'message':
        put(event.message)
        break
      case 'message_delete':
        messages.get(event.channelId)?.delete(event.messageId)
        break
      case 'channel': {
        const others = world.channels.filter((channel) => channel.id !== event.channel.id)
        world = { ...world, channels: [...others, event.channel] }
        break
      }
      case 'commands':
        world = { ...world, commands: event.commands }
        break
      case 'bot':
        world = { ...world, bot: { ...world.bot, online: event.online } }
        break
      case 'reset':
        messages.clear()
        notes = []
        refresh()
        break
      default:
        event satisfies never
    }
    draw()
  }

  function put(message: SeenMessage): void {
    if (message.onlyFor !== undefined && message.onlyFor !== personId) return
    const known = messages.get(message.channel_id) ?? new Map<string, SeenMessage>()
    known.set(message.id, message)
    messages.set(message.channel_id, known)
    arrivedMeanwhile.add(message.id)
    forgetNote(message.id)
  }

  function forgetNote(id: string): void {
    if (notes.some((note) => note.id === id)) notes = notes.filter((note) => note.id !== id)
  }

  function newestId(channelId: string): string | null {
    return sorted(channelId).at(-1)?.id ?? null
  }

  function sorted(channelId: string): readonly SeenMessage[] {
    return [...(messages.get(channelId)?.values() ?? [])].sort(
      (a, b) =>
        Date.parse(a.timestamp) - Date.parse(b.timestamp) ||
        a.id.length - b.id.length ||
        (a.id < b.id ? -1 : 1),
    )
  }

  // ---- what a person does

  async function run(
    runnable: Runnable,
    options: Readonly<Record<string, string | number | boolean>>,
  ): Promise<void> {
    const channel = here()
    if (!channel) throw new Error('There is nobody to write to here yet.')
    const mine = turn
    const command = `/${runnable.path.join(' ')}`
    const result = await runCommand({ as: personId, channelId: channel.id, path: runnable.path, options })
    if (mine !== turn) return
    if (result.result === 'failed') {
      addNote({
        id: crypto.randomUUID(),
        channelId: channel.id,
        command,
        failure: result.reason || NO_ANSWER,
      })
    } else receive(result, channel.id, command)
  }

  async function send(content: string): Promise<void> {
    const channel = here()
    if (!channel) throw new Error('There is nobody to write to here yet.')
    const mine = turn
    const message = await sendMessage({ as: personId, channelId: channel.id, content })
    if (mine !== turn) return
    put(message)
    draw()
    scrollToNewest()
  }

  async function press(messageId: string, customId: string, values?: readonly string[]): Promise<void> {
    const mine = turn
    const channelId = here()?.id ?? ''
    failures.delete(messageId)
    try {
      const result = await pressComponent({
        as: personId,
        messageId,
        customId,
        ...(values ? { values } : {}),
      })
      if (mine !== turn) return
      if (result.result === 'failed') failures.set(messageId, result.reason || NO_ANSWER)
      else receive(result, channelId, null)
    } catch (error) {
      failures.set(messageId, error instanceof Error ? error.message : NO_ANSWER)
    }
    draw()
  }

  /** Takes the app's first answer, whatever it was an answer to. */
  function receive(
    result: Exclude<ActResult, { result: 'failed' }>,
    channelId: string,
    command: string | null,
  ): void {
    switch (result.result) {
      case 'message':
        if (command) askedBy.set(result.message.id, command)
        put(result.message)
        break
      case 'deferred':
        if (command) askedBy.set(result.messageId, command)
        if (!messages.get(channelId)?.has(result.messageId)) {
          addNote({ id: result.messageId, channelId, command: command ?? '', failure: null })
        }
        break
      case 'modal':
        openModal(result.modal, {
          names,
          choicesOf,
          async submit(values, files) {
            const mine = turn
            const answer = await submitModal({ as: personId, modalId: result.modalId, values }, files)
            if (mine !== turn) return
            if (answer.result === 'failed')
              throw new Error(`${answer.reason || NO_ANSWER}. Nothing is lost: try again.`)
            receive(answer, channelId, command)
          },
        })
        break
      case 'ok':
        break
      default:
        result satisfies never
    }
    draw()
    scrollToNewest()
  }

  function addNote(note: Omit<Note, 'at'>): void {
    notes = [...notes, { ...note, at: Date.now() }]
    draw()
    scrollToNewest()
  }

  // ---- drawing

  function draw(): void {
    if (!world || !personId) return
    drawPeople(world)
    drawRail(world)
    drawHead(world)
    drawList()
    document.title = `${here()?.kind === 'text' ? '#' : ''}${here()?.name ?? 'C500'} · ${me()?.globalName} · C500 Collective`
  }

  function drawPeople({ people }: World): void {
    replaceKeepingFocus(
      places.people,
      people.map((person) =>
        element(
          'a',
          {
            class: 'person',
            href: hrefTo(person, channelKey === 'dm' || here()?.memberIds === null ? channelKey : 'drops'),
            'aria-current': person.id === personId ? 'true' : null,
            'data-testid': `person-${person.username}`,
            title: `Be ${person.globalName}, ${roleWords(person)}`,
          },
          drawAvatar(person.globalName, person.username),
          element(
            'span',
            { class: 'person-words' },
            element('b', {}, person.globalName),
            element('small', {}, person.role),
          ),
        ),
      ),
    )
    // On a phone the row is longer than its place, and whoever is chosen must not be cut off.
    places.people.querySelector('[aria-current]')?.scrollIntoView({ inline: 'nearest', block: 'nearest' })
  }

  function drawRail({ guild, bot }: World): void {
    const channels = seenChannels()
    const dm = channels.find((channel) => channel.kind === 'dm')
    const section = (title: string, links: readonly HTMLElement[]) =>
      links.length > 0 &&
      element('nav', { 'aria-label': title }, element('h2', {}, title), element('ul', {}, ...links))
    const person = me()
    const dms = element('input', { type: 'checkbox', role: 'switch', 'data-testid': 'close-dms' })
    dms.checked = person?.dmsClosed ?? false
    dms.addEventListener('change', () => setDms(dms.checked))
    replaceKeepingFocus(places.rail, [
      element('p', { class: 'guild' }, guild.name),
      element(
        'div',
        { class: 'channels' },
        section(
          'Channels',
          channels.filter((one) => one.kind === 'text').map((one) => drawChannelLink(one, '#', one.name)),
        ) || '',
        section(
          'Private threads',
          channels.filter((one) => one.kind === 'thread').map((one) => drawChannelLink(one, '↳', one.name)),
        ) || '',
        section('Direct messages', [drawChannelLink(dm, bot.online ? 'online' : 'offline', 'C500')]) || '',
      ),
      element(
        'div',
        { class: 'me' },
        drawAvatar(person?.globalName ?? '', person?.username ?? ''),
        element(
          'p',
          {},
          element('b', {}, person?.globalName),
          element('small', {}, person ? roleWords(person) : ''),
        ),
        element(
          'label',
          { class: 'switch', title: 'The app can no longer write to this person directly' },
          dms,
          element('span', {}, 'Close my DMs'),
        ),
      ),
    ])
  }

  function drawChannelLink(channel: ChannelSeen | undefined, sign: string, words: string): HTMLElement {
    const key = channel ? keyOf(channel) : 'dm'
    const current = key === channelKey
    if (channel && current && document.visibilityState === 'visible') {
      marks.read(personId, channel.id, newestId(channel.id))
    }
    const unread =
      channel !== undefined && !current && marks.isUnread(personId, channel.id, newestId(channel.id))
    const isDm = key === 'dm'
    return element(
      'li',
      {},
      element(
        'a',
        {
          class: unread ? 'channel unread' : 'channel',
          href: hrefTo(me(), key),
          'aria-current': current ? 'page' : null,
          'data-testid': isDm ? 'channel-dm' : `channel-${words}`,
          'data-unread': unread ? 'true' : null,
        },
        isDm
          ? element(
              'span',
              { class: 'presence', 'data-state': sign },
              element('span', { class: 'hidden' }, sign),
            )
          : element('span', { class: 'sign', 'aria-hidden': 'true' }, sign),
        element('span', { class: 'channel-name' }, words),
        unread && element('span', { class: 'hidden' }, 'unread'),
      ),
    )
  }

  async function setDms(closed: boolean): Promise<void> {
    const person = me()
    if (!person || !world) return
    world = {
      ...world,
      people: world.people.map((one) => (one.id === person.id ? { ...one, dmsClosed: closed } : one)),
    }
    try {
      await closeDms(person.id, closed)
      composer.say(
        closed
          ? `${person.globalName} takes no direct messages now.`
          : `${person.globalName} takes direct messages again.`,
      )
    } catch (error) {
      composer.say(error instanceof Error ? error.message : 'That did not work.')
      refresh()
    }
  }

  const TOPICS: Readonly<Record<string, string>> = {
    drops: 'Limited things, made by hand',
    live: 'Who is making something right now',
    lounge: 'Chat and quiet company',
  }

  function drawHead({ bot }: World): void {
    const channel = here()
    const isDm = channelKey === 'dm'
    head.replaceChildren(
      element(
        'span',
        { class: 'sign', 'aria-hidden': 'true' },
        isDm ? '@' : channel?.kind === 'thread' ? '↳' : '#',
      ),
      element('h1', {}, isDm ? 'C500' : (channel?.name ?? channelKey)),
      element(
        'p',
        { class: 'topic' },
        isDm ? 'What the app writes to you alone' : (TOPICS[channelKey] ?? ''),
      ),
      element(
        'p',
        { class: 'bot-state', 'data-state': bot.online ? 'online' : 'offline', 'data-testid': 'bot-state' },
        bot.online ? 'C500 is online' : 'C500 is offline',
      ),
    )
  }

  interface Row {
    readonly id: string
    readonly at: number
    /** Equal signs mean the drawn row is still right. */
    readonly sign: readonly unknown[]
    draw(): HTMLElement
  }
  let drawn = new Map<string, { readonly sign: readonly unknown[]; readonly node: HTMLElement }>()
  let drawnFor = ''

  function drawList(): void {
    const channel = here()
    const scope = `${turn} ${channel?.id ?? channelKey}`
    if (scope !== drawnFor) {
      drawn = new Map()
      drawnFor = scope
    }
    const rows = channel ? listRows(channel) : []
    const next: typeof drawn = new Map()
    const nodes: HTMLElement[] = []
    let day = ''
    for (const row of rows) {
      const rowDay = new Date(row.at).toDateString()
      if (rowDay !== day) nodes.push(keep(next, `day ${rowDay}`, [], () => drawDay(row.at)))
      day = rowDay
      nodes.push(keep(next, row.id, row.sign, row.draw))
    }
    if (nodes.length === 0) nodes.push(keep(next, 'empty', [channelKey], drawEmpty))
    const focus = focusIn(list)
    drawn = next
    nodes.forEach((node, index) => {
      if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null)
    })
    while (list.children.length > nodes.length) list.lastElementChild?.remove()
    focus()
    if (pinned) scrollToNewest()
    else newest.hidden = false
  }

  function keep(
    into: typeof drawn,
    id: string,
    sign: readonly unknown[],
    make: () => HTMLElement,
  ): HTMLElement {
    const known = drawn.get(id)
    const same =
      known && known.sign.length === sign.length && known.sign.every((part, at) => part === sign[at])
    const kept = same ? known : { sign, node: make() }
    into.set(id, kept)
    return kept.node
  }

  function listRows(channel: ChannelSeen): readonly Row[] {
    let before: SeenMessage | null = null
    const rows: Row[] = []
    for (const message of sorted(channel.id)) {
      if (dismissed.has(message.id)) continue
      const asked = askedFor(message)
      const continues: boolean =
        before !== null &&
        asked === null &&
        before.author.id === message.author.id &&
        before.onlyFor === message.onlyFor &&
        Date.parse(message.timestamp) - Date.parse(before.timestamp) < GROUP_MS
      const failure = failures.get(message.id) ?? null
      rows.push({
        id: message.id,
        at: Date.parse(message.timestamp),
        sign: [message, continues, failure, asked?.command],
        draw: () =>
          drawMessage(message, {
            continues,
            asked,
            failure,
            components: { names, choicesOf, act: (customId, values) => press(message.id, customId, values) },
            dismiss() {
              dismissed.add(message.id)
              draw()
            },
          }),
      })
      before = message
    }
    for (const note of notes.filter((one) => one.channelId === channel.id)) {
      rows.push({ id: note.id, at: note.at, sign: [note], draw: () => drawNote(note) })
    }
    return rows.sort((a, b) => a.at - b.at)
  }

  function askedFor(message: SeenMessage): { readonly name: string; readonly command: string } | null {
    if (message.interaction?.name) {
      return { name: names.user(message.interaction.user.id), command: `/${message.interaction.name}` }
    }
    const command = askedBy.get(message.id)
    return command ? { name: me()?.globalName ?? '', command } : null
  }

  function drawNote(note: Note): HTMLElement {
    const dismiss = () => {
      forgetNote(note.id)
      draw()
    }
    return element(
      'li',
      { class: 'message ephemeral', 'data-testid': 'note' },
      note.command
        ? element(
            'p',
            { class: 'asked' },
            element('b', {}, me()?.globalName),
            ' used ',
            element('span', { class: 'mention' }, note.command),
          )
        : null,
      drawAvatar('C500', 'app'),
      element(
        'div',
        { class: 'body' },
        element(
          'p',
          { class: 'author' },
          element('b', {}, 'C500'),
          element('span', { class: 'tag' }, 'APP'),
          element('time', { class: 'when' }, formatMessageTime(note.at, Date.now())),
        ),
        note.failure === null
          ? drawThinking('C500 is thinking')
          : element('p', { class: 'failure', 'data-testid': 'failure' }, note.failure),
        note.failure === null ? null : drawOnlyYou(dismiss),
      ),
    )
  }

  function drawEmpty(): HTMLElement {
    const isDm = channelKey === 'dm'
    return element(
      'li',
      { class: 'empty-channel' },
      element('span', { class: 'big-sign', 'aria-hidden': 'true' }, isDm ? '@' : '#'),
      element('h2', {}, isDm ? 'Just you and C500' : `Welcome to #${here()?.name ?? channelKey}`),
      element(
        'p',
        {},
        isDm
          ? 'When something happens to what you bought or sold, C500 tells you here.'
          : 'Nothing here yet. Type / below to see what the app can do.',
      ),
    )
  }

  // ---- the end of the list stays in sight unless the person scrolled away from it

  let pinned = true
  let lastTop = 0
  scroller.addEventListener('scroll', () => {
    const { scrollTop, scrollHeight, clientHeight } = scroller
    // Only a person moves the list upwards; that the end moved away from it means that something was added.
    if (scrollHeight - scrollTop - clientHeight < 60) pinned = true
    else if (scrollTop < lastTop) pinned = false
    lastTop = scrollTop
    if (pinned) newest.hidden = true
  })
  const resized = new ResizeObserver(() => {
    if (pinned) scrollToNewest()
  })
  resized.observe(scroller)
  // Pictures that arrive make the list longer too.
  resized.observe(list)
  newest.addEventListener('click', scrollToNewest)

  function scrollToNewest(): void {
    pinned = true
    newest.hidden = true
    scroller.scrollTop = scroller.scrollHeight
  }

  // ---- begin

  setInterval(() => refreshTimes(list, Date.now()), 1000)
  window.addEventListener('hashchange', followAddress)
  document.addEventListener('visibilitychange', draw)
  const begin = async () => {
    try {
      world = await fetchWorld()
      showBanner('')
      followAddress()
    } catch (error) {
      showBanner(error instanceof Error ? error.message : 'The local Discord cannot be reached just now.')
      setTimeout(begin, RETRY_MS)
    }
  }
  begin()
}

function roleWords(person: PersonSeen): string {
  return { builder: 'a builder', buyer: 'a buyer', operator: 'the operator' }[person.role]
}

function drawDay(at: number): HTMLElement {
  return element(
    'li',
    { class: 'day' },
    element('span', {}, new Intl.DateTimeFormat(undefined, { dateStyle: 'long' }).format(at)),
  )
}

/** Redraws a small part of the page; whoever had the focus there has it afterwards. */
function replaceKeepingFocus(place: HTMLElement, nodes: readonly Node[]): void {
  const focus = focusIn(place)
  place.replaceChildren(...nodes)
  focus()
}

/** Remembers which control inside has the focus, and gives it back to the one that took its place. */
function focusIn(place: HTMLElement): () => void {
  const focused = document.activeElement
  if (!(focused instanceof HTMLElement) || focused === place || !place.contains(focused)) return () => {}
  const within = focused.closest<HTMLElement>('[data-message-id]')?.dataset.messageId
  const { customId, testid } = focused.dataset
  return () => {
    if (focused.isConnected) return
    const scope = within ? place.querySelector(`[data-message-id="${CSS.escape(within)}"]`) : place
    const mark = customId
      ? `[data-custom-id="${CSS.escape(customId)}"]`
      : `[data-testid="${CSS.escape(testid ?? '')}"]`
    const heir = scope?.querySelector<HTMLElement>(mark) ?? place
    heir.focus({ preventScroll: true })
  }
}
