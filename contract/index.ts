// Leaf: zod and Node itself are the only things this folder may import. All that two services must agree on.
export * from './client.ts'
export * from './errors.ts'
export * from './money.ts'
export * from './palette.ts'
export * from './pushes.ts'
export * from './routes.ts'
export * from './views.ts'
export * from './words.ts'
