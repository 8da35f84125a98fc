// Logs in to the network that the first argument describes, sends a message, waits for the answer, and prints what it saw as one JSON object.
// Native modules are not built (ignore-scripts): the session is in memory.
import { addPublicKey } from '@mtcute/core/utils.js'
import { MemoryStorage, TelegramClient } from '@mtcute/node'
import { NodeCryptoProvider } from '@mtcute/node/utils.js'

const want = JSON.parse(process.argv[2])

addPublicKey(new NodeCryptoProvider(), want.publicKey)
const dc = { id: want.dc, ipAddress: want.host, port: want.port }
const client = new TelegramClient({
  apiId: want.apiID,
  apiHash: want.apiHash,
  storage: new MemoryStorage(),
  defaultDcs: { main: dc, media: dc },
  logLevel: want.logLevel,
})

const answered = new Promise((resolve) => {
  client.onNewMessage.add((message) => {
    if (!message.isOutgoing) resolve(message)
  })
})
const self = await client.start({ phone: want.phone, code: () => want.code, password: () => want.password, codeSentCallback: () => {} })
const sent = await client.sendText(want.to, want.text)
const answer = await answered
console.log(JSON.stringify({ selfID: self.id, sentID: sent.id, answer: answer.text, from: answer.sender.username }))
await client.destroy()
