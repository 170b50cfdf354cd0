import { emptyProject, firestoreEmulator } from '../../tests/firestore-emulator.ts'
import { createFirestoreStore } from './store-firestore.ts'
import { storeSuite } from './store-suite.ts'

const emulator = await firestoreEmulator()
const skip = 'missing' in emulator ? emulator.missing : false
const emulatorHost = 'host' in emulator ? emulator.host : ''
const open = async () => createFirestoreStore({ projectId: emptyProject(), emulatorHost })

storeSuite('Firestore', open, { skip })
